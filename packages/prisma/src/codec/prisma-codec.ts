import { superjsonCodec, type Codec, type CustomType } from "@evercache/core";
import { Decimal } from "@prisma/client/runtime/client";
import { cloneAny } from "./clone-any.js";

const decimal: CustomType<Decimal> = {
  name: "Decimal",
  is: (value): value is Decimal => Decimal.isDecimal(value),
  serialize: (value) => value.toString(),
  deserialize: (text) => new Decimal(text),
};

/** Keeps every type that a Prisma query returns: Decimal, BigInt, Bytes, Date, Json, lists, aggregates of them. */
export function prismaCodec(): Codec {
  const codec = superjsonCodec([decimal]);
  return {
    ...codec,
    prepare: (bytes) => {
      const value = codec.decode(bytes);
      return () => cloneAny(value);
    },
  };
}
