export interface NaiveCodec {
  /** `null`: this cannot be stored. */
  encode(value: unknown): string | null;
  decode(text: string): unknown;
}

/** What JSON makes of it. What it cannot make anything of is not stored. */
export const json: NaiveCodec = {
  encode(value) {
    try {
      return JSON.stringify(value);
    } catch {
      return null;
    }
  },
  decode: (text) => JSON.parse(text) as unknown,
};

const BIG_INT = "___bi_";

/** The type of a value is noted in the value. */
export const markedJson: NaiveCodec = {
  encode: (value) => JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? BIG_INT + item : item)),
  decode: (text) =>
    JSON.parse(text, (_, item: unknown) =>
      typeof item === "string" && item.startsWith(BIG_INT) ? BigInt(item.slice(BIG_INT.length)) : item,
    ) as unknown,
};
