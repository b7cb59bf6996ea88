/** What a value of a column is: a number is an `Int` or a `Float`, a text a `String` or the name of an enum's value. */
export type ScalarType = "number" | "bigint" | "decimal" | "boolean" | "text" | "date" | "bytes" | "json";

export interface ScalarShape {
  readonly kind: ScalarType;
}

export interface ListShape {
  readonly kind: "list";
  readonly of: Shape;
}

export interface RowShape {
  readonly kind: "row";
  /** In an order that depends on the schema alone, so that equal selections have equal shapes. */
  readonly columns: readonly Column[];
}

/** What a result looks like, by the schema and the arguments alone. */
export type Shape = ScalarShape | ListShape | RowShape;

export interface Slot {
  readonly shape: Shape;
  readonly isNullable: boolean;
}

export interface Column extends Slot {
  readonly name: string;
  /** Rows may come without it: all rows in one place of a result, or none. */
  readonly isOptional: boolean;
}

const LETTERS: Readonly<Record<ScalarType, string>> = {
  number: "n",
  bigint: "i",
  decimal: "m",
  boolean: "b",
  text: "s",
  date: "d",
  bytes: "x",
  json: "j",
};

/** One text for equal shapes, another for all others. */
export function spellSlot({ shape, isNullable }: Slot): string {
  return isNullable ? `${spellShape(shape)}?` : spellShape(shape);
}

function spellShape(shape: Shape): string {
  switch (shape.kind) {
    case "list":
      return `[${spellShape(shape.of)}]`;
    case "row":
      return `{${shape.columns.map((column) => `${column.name}${column.isOptional ? "~" : ":"}${spellSlot(column)}`).join()}}`;
    default:
      return LETTERS[shape.kind];
  }
}

/** FNV-1a: entries of another schema are refused by it, which no two schemas must be clever enough to get past. */
export function hashText(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  return hash >>> 0;
}
