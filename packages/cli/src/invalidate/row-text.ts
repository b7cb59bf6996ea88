import JSON5 from "json5";
import { messageOf, usageError } from "../cli-error.js";
import type { ApplicationClient } from "../client-module.js";
import { delegateName, reviveArgs } from "../inspect/query-args.js";

/** A row, as `$cache.invalidate` takes it. */
export interface RowName {
  readonly model: string;
  readonly selector: object;
}

/**
 * `Product:1`, for the row with this `id`, or `Product:{ sku: "a" }`, for that with another unique key. `file`: that of the client.
 * @throws CliError
 */
export function parseRow(text: string, client: ApplicationClient, file: string): RowName {
  const [, model, rest] = /^(\w+):(.+)$/s.exec(text) ?? [];
  if (model === undefined || rest === undefined) {
    throw usageError(
      `--row ${text}: write the model and the id, Product:1, or another unique key, 'Product:{ sku: "a" }'.`,
    );
  }
  if (!rest.trimStart().startsWith("{")) return { model, selector: { id: idOf(model, rest, client) } };
  try {
    return { model, selector: reviveArgs(JSON5.parse(rest), client, file) as object };
  } catch (error) {
    throw usageError(`--row ${text}: ${messageOf(error).replace("JSON5: ", "")}`, error);
  }
}

function idOf(model: string, text: string, client: ApplicationClient): unknown {
  const delegate = client[delegateName(model)] as { fields?: Record<string, { typeName?: string }> } | undefined;
  // A model that there is not: the cache says so, and which there are.
  if (!delegate) return text;
  const type = delegate.fields?.["id"]?.typeName;
  switch (type) {
    case undefined:
      throw usageError(`--row ${model}:${text}: ${model} has no column id. Write '${model}:{ column: value }'.`);
    case "Int":
    case "Float":
      if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
      throw usageError(`--row ${model}:${text}: the id of ${model} is a number.`);
    case "BigInt":
      if (/^-?\d+$/.test(text)) return BigInt(text);
      throw usageError(`--row ${model}:${text}: the id of ${model} is a whole number.`);
    default:
      return text;
  }
}
