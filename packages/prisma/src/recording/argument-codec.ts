import { superjsonCodec, type CustomType } from "@evercache/core";
import { AnyNull, DbNull, Decimal, JsonNull } from "@prisma/client/runtime/client";
import { isAbsent, isDate, isDecimal, isFieldReference, isRecord, nullTypeOf } from "../query/canonical.js";

/** Arguments as JSON. */
export interface SpelledArgs {
  readonly args: unknown;
  /** Which of them are of a type that JSON does not have, as superjson notes it. Undefined: none. */
  readonly types?: unknown;
}

/** Finds `prisma.product.fields.name`; undefined where there is none. */
export type FieldNamed = (model: string, field: string) => unknown;

const NULL_TYPES: Readonly<Record<string, object>> = { DbNull, JsonNull, AnyNull };

const decimal: CustomType<{ toFixed(): string }> = {
  name: "Decimal",
  is: (value): value is Decimal => !isRecord(value) && isDecimal(value),
  serialize: (value) => value.toFixed(),
  deserialize: (text) => new Decimal(text),
};

const bytes: CustomType<ArrayBufferView> = {
  name: "Bytes",
  is: (value) => ArrayBuffer.isView(value),
  serialize: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"),
  deserialize: (text) => new Uint8Array(Buffer.from(text, "base64")),
};

const nullType: CustomType<object> = {
  name: "Null",
  is: (value): value is object => !isRecord(value) && nullTypeOf(value) !== undefined,
  serialize: (value) => nameOfNull(nullTypeOf(value)!),
  deserialize: (text) => NULL_TYPES[nameOfNull(text)]!,
};

const fieldReference = (fieldNamed: FieldNamed): CustomType<unknown> => ({
  name: "Field",
  is: (value): value is unknown => !isRecord(value) && isFieldReference(value),
  serialize: (value) => {
    const { modelName, name } = value as { readonly modelName: string; readonly name: string };
    return `${modelName}.${name}`;
  },
  deserialize: (text) => {
    const [model = "", field = ""] = text.split(".");
    const found = fieldNamed(model, field);
    if (found === undefined) throw new Error(`the schema has no column ${text}`);
    return found;
  },
});

const codecFor = (fieldNamed: FieldNamed) =>
  superjsonCodec([decimal, bytes, nullType, fieldReference(fieldNamed)] as CustomType<unknown>[]);
const spelling = codecFor(() => undefined);

/** Null where they hold what cannot be spelled. Reading it gives arguments with the same key. */
export function spellArgs(args: unknown): SpelledArgs | null {
  try {
    const text = new TextDecoder().decode(spelling.encode(present(args)));
    const { json, meta } = JSON.parse(text) as { json: unknown; meta?: unknown };
    return meta === undefined ? { args: json } : { args: json, types: meta };
  } catch {
    return null;
  }
}

/** @throws where they are not as `spellArgs` spells them */
export function readArgs({ args, types }: SpelledArgs, fieldNamed: FieldNamed): unknown {
  return codecFor(fieldNamed).decode(new TextEncoder().encode(JSON.stringify({ json: args, meta: types })));
}

/** A copy without what Prisma leaves out, of plain objects of this realm. */
function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (isDate(value)) return new Date(Number(value));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, part]) => !isAbsent(part));
  return Object.fromEntries(entries.map(([name, part]) => [name, present(part)]));
}

function nameOfNull(name: string): string {
  if (Object.hasOwn(NULL_TYPES, name)) return name;
  throw new Error(`there is no null of type ${name}`);
}
