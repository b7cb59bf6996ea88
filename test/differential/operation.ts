export type Args = Record<string, unknown>;

/** What the measures tell apart. */
export type Form = "primary key" | "unique key" | "list by value" | "row with relations" | "other";

/** A read, as plain data. */
export interface Read {
  readonly model: string;
  readonly operation: string;
  readonly args: Args;
  /** Fluent calls on the result. */
  readonly path: readonly Step[];
  readonly form: Form;
  /** False: the database may choose the order of its lists. */
  readonly isOrdered: boolean;
}

export interface Step {
  readonly field: string;
  readonly args: Args;
}

export interface ModelWrite {
  readonly kind: "model";
  readonly model: string;
  readonly operation: string;
  readonly args: Args;
  readonly path: readonly Step[];
}

export interface RawWrite {
  readonly kind: "raw";
  readonly sql: string;
}

export type Statement = ModelWrite | RawWrite;

export interface Interactive {
  readonly kind: "interactive";
  readonly steps: readonly (Statement | Interactive | { readonly kind: "read"; readonly read: Read })[];
  readonly end: "commit" | "roll back";
  /** What fails inside is caught, and the next step runs. */
  readonly catches: boolean;
}

export interface Batch {
  readonly kind: "batch";
  readonly members: readonly Statement[];
}

/** A write, as plain data. */
export type Write = Statement | Interactive | Batch;

/** Its name in the measures. */
export function kindOf(write: Write): string {
  switch (write.kind) {
    case "model":
      return hasNested(write.args) ? `nested ${write.operation}` : write.operation;
    case "raw":
      return `raw ${write.sql.slice(0, write.sql.indexOf(" "))}`;
    case "interactive":
      return write.end === "commit" ? "transaction" : "transaction, rolled back";
    case "batch":
      return "batch";
    default:
      return write satisfies never;
  }
}

const NESTED: ReadonlySet<string> = new Set([
  "create",
  "createMany",
  "connect",
  "connectOrCreate",
  "disconnect",
  "update",
  "updateMany",
  "upsert",
  "delete",
  "deleteMany",
]);

function hasNested({ data, create, update }: Args): boolean {
  return [data, create, update].some(
    (part) =>
      isPlain(part) &&
      Object.values(part).some((value) => isPlain(value) && Object.keys(value).some((key) => NESTED.has(key))),
  );
}

/** An object that `{…}` made. */
export function isPlain(value: unknown): value is Args {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
