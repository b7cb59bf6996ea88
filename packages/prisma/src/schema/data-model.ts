/** What the database does to the rows that hold a foreign key when the row that they reference goes or changes. */
export type ReferentialAction = "Cascade" | "Restrict" | "NoAction" | "SetNull" | "SetDefault";

export type FieldKind = "scalar" | "enum" | "relation" | "unsupported";

export interface Field {
  readonly name: string;
  /** The column, or the field's own name where it has no other. */
  readonly column: string;
  readonly kind: FieldKind;
  /** `Int`, `String`, …; the enum; the other model of a relation. */
  readonly type: string;
  readonly isList: boolean;
  readonly isNullable: boolean;
  /** What stands after `@db.`, without its arguments. */
  readonly nativeType: string | null;
  /** Every accepted spelling of an enum value, by the name that it has in the schema. Empty for other kinds. */
  readonly enumValues: ReadonlyMap<string, string>;
  /** The database may compute this column from others, so that its value changes without being written. */
  readonly isComputed: boolean;
  /** The database has it, and no query can name it. */
  readonly isIgnored: boolean;
  /** Each update of the row changes it. */
  readonly isUpdatedAt: boolean;
  /**
   * What a new row gets whose data does not give a value: `null` for nothing, the text of a literal default, `undefined`
   * where nobody knows beforehand.
   */
  readonly defaultValue: string | boolean | null | undefined;
}

/** A key other than the primary one: no two rows have equal, non-null values in all of its fields. */
export interface UniqueKey {
  /** Its name in `where`: the field itself, `a_b`, or the name that the schema gives. */
  readonly selector: string;
  readonly fields: readonly string[];
}

/** One side of a relation, as a field of `model`. */
export interface Relation {
  readonly field: string;
  readonly model: string;
  readonly otherModel: string;
  /** The relation field of the other model. */
  readonly otherField: string;
  readonly relationName: string;
  readonly kind: "one" | "many";
  /** Whether the other side is a list. */
  readonly otherKind: "one" | "many";
  /** Whether the foreign key is a column of `model` itself. False on both sides of an implicit many-to-many. */
  readonly holdsForeignKey: boolean;
  /** The fields of the foreign key, on whichever side holds it. Empty for an implicit many-to-many. */
  readonly fields: readonly string[];
  /** The fields that they reference, on the other side. */
  readonly references: readonly string[];
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  /** The table of an implicit many-to-many. */
  readonly joinTable: string | null;
  /** Its name in tags, where it is a model of its own. */
  readonly joinModel: string | null;
}

/** What the user says of a model's reads and writes. Names of fields of the model. */
export interface Tracking {
  /** By the values of these, too, tags name rows. */
  readonly trackBy: readonly string[];
  /** A write to these alone drops only what looks at them. */
  readonly volatile: readonly string[];
  /** Models that a write to this one changes as well, by triggers or otherwise. */
  readonly alsoWrites: readonly string[];
  /** What would show these is not stored in clear, and no tag tells their values. */
  readonly exclude: readonly string[];
  /** `model`: no tags for single rows and values, so that each write drops all that looks at the model. */
  readonly granularity: "row" | "model";
}

export const NO_TRACKING: Tracking = { trackBy: [], volatile: [], alsoWrites: [], exclude: [], granularity: "row" };

export interface Model {
  readonly name: string;
  readonly table: string;
  readonly databaseSchema: string | null;
  readonly fields: ReadonlyMap<string, Field>;
  readonly relations: ReadonlyMap<string, Relation>;
  /** `null`: there is none that queries could use, or it is not known. */
  readonly primaryKey: readonly string[] | null;
  readonly uniques: readonly UniqueKey[];
  /** The names of compound keys in `where`, the primary key's included, with their fields. */
  readonly selectors: ReadonlyMap<string, readonly string[]>;
  /** Nobody sees the writes that change a view. */
  readonly isView: boolean;
  readonly tracking: Tracking;
}

/** The user's schema, as far as invalidation needs it. */
export interface DataModel {
  /** `postgresql`, `mysql`, `sqlite`, `sqlserver`, `cockroachdb`, or what the client says. */
  readonly provider: string;
  /**
   * False: only the graph of relations is known. No key is, so that every read depends on `any`, and every relation may
   * cascade either way.
   */
  readonly isPrecise: boolean;
  /** The database itself keeps foreign keys from referencing rows that are not there (`relationMode` is not "prisma"). */
  readonly hasForeignKeys: boolean;
  readonly models: ReadonlyMap<string, Model>;
}

/** How a client calls the property, and an option the setting, of a model. */
export function clientName(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1);
}
