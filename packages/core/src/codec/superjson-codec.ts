import { SuperJSON } from "superjson";
import type { Codec } from "./codec.js";
import { isMisreadName } from "./misread-name.js";

/** A type that superjson does not know, for example the Decimal of a database client. */
export interface CustomType<T> {
  readonly name: string;
  is(value: unknown): value is T;
  serialize(value: T): string;
  deserialize(text: string): T;
}

/**
 * superjson: Date, BigInt, Uint8Array, undefined, NaN, -0, Map, Set and `customTypes` keep their types, which are noted
 * beside the data and never within it, so that no text a user enters is taken for a type.
 */
export function superjsonCodec(customTypes: readonly CustomType<unknown>[] = []): Codec {
  const superjson = new SuperJSON();
  for (const type of customTypes) {
    superjson.registerCustom<unknown, string>(
      {
        isApplicable: (value) => type.is(value),
        serialize: (value) => type.serialize(value),
        deserialize: (text) => type.deserialize(text),
      },
      type.name,
    );
  }
  return {
    name: `superjson-1${customTypes.map((type) => `+${type.name}`).join("")}`,
    encode: (value) => {
      requireExact(value, customTypes);
      return Buffer.from(superjson.stringify(value));
    },
    decode: (bytes) => superjson.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()),
  };
}

/** superjson changes what it does not know, without a word: a class instance to its fields, an invalid date to null. */
function requireExact(value: unknown, customTypes: readonly CustomType<unknown>[]): void {
  if (typeof value === "function" || typeof value === "symbol") throw new TypeError(`a ${typeof value} has no bytes`);
  if (typeof value !== "object" || value === null) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype && Object.keys(value).length !== (value as unknown[]).length) {
    throw new TypeError("an array with gaps, or with properties of its own, has no bytes");
  }
  if (prototype === Object.prototype || prototype === Array.prototype) {
    for (const [name, item] of Object.entries(value)) {
      if (isMisreadName(name)) throw new TypeError(`JSON.parse may misread the name ${JSON.stringify(name)}`);
      requireExact(item, customTypes);
    }
    return;
  }
  if (prototype === Date.prototype && !Number.isNaN((value as Date).getTime())) return;
  if (prototype === Uint8Array.prototype || prototype === Map.prototype || prototype === Set.prototype) return;
  if (customTypes.some((type) => type.is(value))) return;
  throw new TypeError(`${Object.prototype.toString.call(value)} of an unknown type has no bytes`);
}
