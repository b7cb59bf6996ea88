import JSON5 from "json5";
import { messageOf, usageError } from "../cli-error.js";

/** A query as it was written on the command line: read, never run as code. */
export interface QueryText {
  readonly model: string;
  readonly operation: string;
  /** As JSON5 has it, with `{ $date: … }` and the like as they were written. */
  readonly args: unknown;
}

const CALL = /^(?:(?:await|this)\b[\s.]*)*(?:\w+\.)?([A-Za-z]\w*)\.([a-z]\w*)\s*(?:\((.*)\))?\s*;?$/s;

/**
 * `product.findUnique({ where: { id: 1 } })`, or `product.findUnique` and its arguments apart. Null: it looks like no query.
 * @throws CliError where the arguments are not JSON5
 */
export function parseQueryText(text: string, apart?: string): QueryText | null {
  const [, model, operation, inside] = CALL.exec(text.trim()) ?? [];
  if (model === undefined || operation === undefined) return null;
  const args = (inside ?? "").trim() === "" ? (apart ?? "") : inside!;
  try {
    return { model, operation, args: args.trim() === "" ? undefined : JSON5.parse(args.trim().replace(/,$/, "")) };
  } catch (error) {
    throw usageError(
      `the arguments of ${model}.${operation} cannot be read: ${messageOf(error).replace("JSON5: ", "")}. They are JSON, of which ` +
        `names need no quotes, and not code: write {"$date":"2026-01-31"} in the place of new Date("2026-01-31").`,
      error,
    );
  }
}
