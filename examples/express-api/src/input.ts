import { Prisma } from "./generated/prisma/client.js";
import { badRequest } from "./http-error.js";

/** Named values from outside: a query string, or a JSON body. */
export type Input = Readonly<Record<string, unknown>>;

/** The JSON object in a request's body; 400 where there is none. */
export function bodyOf(body: unknown): Input {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw badRequest("Send a JSON object with `content-type: application/json`.");
  }
  return body as Input;
}

/** Refuses names that nobody reads: a misspelt filter must not silently match everything. */
export function onlyNames(input: Input, known: readonly string[]): void {
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown !== undefined) throw badRequest(`\`${unknown}\` is not known here. Known: ${known.join(", ")}.`);
}

export function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw badRequest(`\`${name}\` is missing.`);
  return value;
}

export function integer(input: Input, name: string, min: number, max: number): number | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < min || number > max) {
    throw badRequest(`\`${name}\` must be a whole number from ${min} to ${max}.`);
  }
  return number;
}

export function text(input: Input, name: string, maxLength: number): string | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.trim() === "" || value.length > maxLength) {
    throw badRequest(`\`${name}\` must be a text of 1 to ${maxLength} characters.`);
  }
  return value.trim();
}

/** An amount of money with at most two decimals, as a number or as a string such as `"19.90"`. */
export function money(input: Input, name: string): Prisma.Decimal | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  const written = typeof value === "number" ? String(value) : value;
  if (typeof written !== "string" || !/^\d{1,7}(\.\d{1,2})?$/.test(written)) {
    throw badRequest(`\`${name}\` must be an amount such as "19.90".`);
  }
  return new Prisma.Decimal(written);
}

export function flag(input: Input, name: string): boolean | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw badRequest(`\`${name}\` must be true or false.`);
}

export function oneOf<T extends string>(input: Input, name: string, choices: readonly T[]): T | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw badRequest(`\`${name}\` must be one of ${choices.join(", ")}.`);
  return choice;
}

/** The `:id` of a path. */
export function idOf(params: Input): number {
  return required("id", integer(params, "id", 1, 2_147_483_647));
}
