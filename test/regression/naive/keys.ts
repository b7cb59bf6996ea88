export type NaiveKey = (model: string, operation: string, args: unknown) => string;

const spell = (args: unknown) =>
  JSON.stringify(args, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));

/** What JSON makes of the arguments. */
export const byJson: NaiveKey = (_, operation, args) => `${operation}:${spell(args)}`;

/** Readable: letters and digits are all that counts. */
export const byWords: NaiveKey = (_, operation, args) => `${operation}:${spell(args).replaceAll(/[^A-Za-z0-9]/g, "")}`;

/** Short: 32 bits. */
export const byShortHash: NaiveKey = (_, operation, args) => {
  let hash = 0;
  for (const character of `${operation}:${spell(args)}`) hash = (hash * 31 + character.charCodeAt(0)) | 0;
  return hash.toString(36);
};
