import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number from 1 on. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("Write a whole number from 1 on.");
}

/** Reads an option that is a number above 0. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError("Write a number above 0.");
}

/** Reads an option that may be given more than once. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
