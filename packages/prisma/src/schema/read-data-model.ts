import { NO_TRACKING, type DataModel, type Field, type FieldKind, type Model, type Relation } from "./data-model.js";
import { normalProvider, parseSchema } from "./parse-schema.js";

/** What a Prisma client says about its models: no keys, no foreign keys, no referential actions. */
export interface RuntimeDataModel {
  readonly models: Readonly<Record<string, RuntimeModel>>;
  readonly enums?: Readonly<Record<string, unknown>>;
  readonly types?: Readonly<Record<string, unknown>>;
}

export interface RuntimeModel {
  readonly dbName?: string | null;
  readonly fields: readonly RuntimeField[];
}

export interface RuntimeField {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  readonly relationName?: string | null;
  readonly dbName?: string | null;
}

export interface DataModelSource {
  readonly runtimeDataModel: RuntimeDataModel;
  readonly schemaText?: string | undefined;
  readonly provider?: string | undefined;
}

/**
 * The data model of a client. Without a text that fits the client, the graph of relations alone, and a `warning` that
 * says why and what to do.
 */
export function readDataModel(source: DataModelSource): { dataModel: DataModel; warning?: string } {
  const { runtimeDataModel, schemaText, provider } = source;
  const fallBack = (reason: string) => ({
    dataModel: graphOf(runtimeDataModel, provider),
    warning:
      `${reason} So invalidation uses the graph of relations alone: correct, and coarser than it could be, except that ` +
      "views are taken for tables. Pass the text of the schema that the client was generated from as the option `schema`.",
  });
  if (!schemaText) return fallBack("This client does not tell the text of its schema.");
  let dataModel: DataModel;
  try {
    dataModel = parseSchema(schemaText, provider);
  } catch (error) {
    return fallBack(
      `The text of the schema cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  const difference = firstDifference(dataModel, runtimeDataModel);
  return difference ? fallBack(`The text of the schema is not that of this client: ${difference}.`) : { dataModel };
}

/** Whatever the client knows must be in the text. The text may know more: ignored models, unsupported columns. */
function firstDifference(dataModel: DataModel, runtime: RuntimeDataModel): string | null {
  for (const [name, runtimeModel] of Object.entries(runtime.models)) {
    const model = dataModel.models.get(name);
    if (!model) return `it has no model ${name}`;
    if ((runtimeModel.dbName ?? name) !== model.table) return `${name} is stored in ${model.table}`;
    for (const runtimeField of runtimeModel.fields) {
      const field = model.fields.get(runtimeField.name);
      const label = `${name}.${runtimeField.name}`;
      if (!field) return `it has no field ${label}`;
      if (field.type !== runtimeField.type && runtimeField.kind !== "unsupported") {
        return `${label} is of type ${field.type}`;
      }
      const relation = model.relations.get(field.name);
      if ((runtimeField.kind === "object") !== (relation !== undefined)) return `${label} is of another kind`;
      if (relation && runtimeField.relationName && runtimeField.relationName !== relation.relationName) {
        return `${label} belongs to the relation ${relation.relationName}`;
      }
    }
  }
  return null;
}

const KINDS: Readonly<Record<string, FieldKind>> = { scalar: "scalar", enum: "enum", object: "relation" };

function graphOf(runtime: RuntimeDataModel, provider: string | undefined): DataModel {
  const models = new Map<string, Model>();
  for (const [name, { dbName, fields }] of Object.entries(runtime.models)) {
    models.set(name, {
      name,
      table: dbName ?? name,
      databaseSchema: null,
      fields: new Map(fields.map((field) => [field.name, vagueField(field)])),
      relations: new Map(
        fields
          .filter((field) => field.kind === "object" && field.type in runtime.models)
          .map((field) => [field.name, vagueRelation(name, field)]),
      ),
      primaryKey: null,
      uniques: [],
      selectors: new Map(),
      isView: false,
      tracking: NO_TRACKING,
    });
  }
  return { provider: normalProvider(provider ?? "unknown"), isPrecise: false, hasForeignKeys: false, models };
}

function vagueField({ name, dbName, kind, type }: RuntimeField): Field {
  return {
    name,
    column: dbName ?? name,
    kind: KINDS[kind] ?? "unsupported",
    type,
    isList: false,
    isNullable: true,
    nativeType: null,
    enumValues: new Map(),
    isComputed: false,
    isIgnored: false,
    isUpdatedAt: false,
    defaultValue: undefined,
  };
}

/** Any relation at all: whoever reads it must look at `isPrecise` first. */
function vagueRelation(model: string, { name, type, relationName }: RuntimeField): Relation {
  return {
    field: name,
    model,
    otherModel: type,
    otherField: "",
    relationName: relationName ?? "",
    kind: "many",
    otherKind: "many",
    holdsForeignKey: false,
    fields: [],
    references: [],
    onDelete: "Cascade",
    onUpdate: "Cascade",
    joinTable: null,
    joinModel: null,
  };
}
