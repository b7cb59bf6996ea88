import { asObject, checkNames, EvercacheError, parseQueryPolicy } from "@evercache/core";
import { isFluent, isRead, READ_OPERATIONS, type ReadOperation } from "../client/operation.js";
import { isSelected } from "../codec/selected.js";
import { isRecord } from "../query/canonical.js";
import { sharedOperation } from "../query/key.js";
import type { DataModel } from "../schema/data-model.js";
import { unknownModel } from "../schema/unknown-model.js";
import type { RecordedQuery } from "../types/recording.js";
import { readArgs, spellArgs, type FieldNamed } from "./argument-codec.js";

type Args = Readonly<Record<string, unknown>>;

/** A read as it came to the cache. */
export interface NotedRead {
  readonly model: string;
  readonly operation: ReadOperation;
  /** With `cache`. */
  readonly args: unknown;
  /** As Prisma tells it of a fluent call: `select` before the name of each relation. */
  readonly dataPath: readonly string[];
  readonly scope: string | undefined;
}

/** A read that a list asks for. */
export interface RecordedRead {
  readonly model: string;
  readonly operation: ReadOperation;
  readonly args: Args;
  /** The relations of a fluent call. Their arguments are in `args.select`. */
  readonly path: readonly string[];
}

/** Null where it holds what cannot be spelled. */
export function spellQuery(noted: NotedRead, count: number): RecordedQuery | null {
  const { model, dataPath, scope } = noted;
  const spelled = spellArgs(noted.args ?? {});
  if (spelled === null) return null;
  const path = dataPath.filter((_, i) => i % 2 === 1);
  return {
    model,
    operation: sharedOperation(noted),
    args: spelled.args as Args,
    ...(spelled.types !== undefined && { types: spelled.types as object }),
    ...(path.length > 0 && { path }),
    ...(scope !== undefined && { scope }),
    count,
  };
}

interface Surroundings {
  readonly dataModel: DataModel;
  readonly fieldNamed: FieldNamed;
  /** What the option `scope` says now. */
  readonly scope: string | undefined;
}

/**
 * Reads what `spellQuery` has spelled. `name`: of the place that it stands in.
 * @throws EvercacheError where it is damaged, or asks for anything but a cached read of a model of this schema
 */
export function parseQuery(input: unknown, name: string, { dataModel, fieldNamed, scope }: Surroundings): RecordedRead {
  const query = asObject(input, name, EXPECTED);
  checkNames(query, ["model", "operation", "args", "types", "path", "scope", "count"], name);
  const { model, operation } = query;
  if (typeof model !== "string" || !dataModel.models.has(model)) throw unknownModel(`${name}.model`, model, dataModel);
  if (typeof operation !== "string" || !isRead(operation)) {
    const message = `${name}.operation: ${JSON.stringify(operation)} is no read, and nothing else is run from a list. Known are: `;
    throw new EvercacheError("NOT_A_QUERY", `${message}${READ_OPERATIONS.join(", ")}.`, { value: operation });
  }
  if (query["scope"] !== scope) {
    const message =
      `${name}.scope: this was asked with the scope ${JSON.stringify(query["scope"])}, and the option scope says ` +
      `${JSON.stringify(scope)} now. Call $cache.warm once in each scope, with that one's queries.`;
    throw new EvercacheError("INVALID_OPTION", message, { value: query["scope"] });
  }
  const args = parseArgs(query, name, fieldNamed);
  return { model, operation, args, path: parsePath(query["path"] ?? [], name, { dataModel, model, operation, args }) };
}

const EXPECTED = "write a function, a query that is not awaited, or what $cache.record() has recorded";

function parseArgs(
  { args = {}, types }: Readonly<Record<string, unknown>>,
  name: string,
  fieldNamed: FieldNamed,
): Args {
  let read: unknown;
  try {
    read = readArgs({ args, types }, fieldNamed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${name}.args: these are not as $cache.record() spells them: ${reason}. Record them again.`;
    throw new EvercacheError("INVALID_OPTION", message, { value: args, cause: error });
  }
  if (!isRecord(read)) {
    throw new EvercacheError("INVALID_OPTION", `${name}.args: write an object, or leave it out.`, { value: args });
  }
  if (parseQueryPolicy(read["cache"]) === false) {
    const message = `${name}.args.cache: false goes past the cache: leave the query out.`;
    throw new EvercacheError("INVALID_OPTION", message, { value: false });
  }
  return read;
}

function parsePath(
  input: unknown,
  name: string,
  { dataModel, model, operation, args }: ReadOfModel,
): readonly string[] {
  const path = Array.isArray(input) ? (input as readonly unknown[]) : [input];
  let at = dataModel.models.get(model);
  let selection: unknown = args;
  for (const relation of path) {
    const known = typeof relation === "string" && isFluent(operation) ? at?.relations.get(relation) : undefined;
    const select: unknown = isRecord(selection) ? selection["select"] : undefined;
    selection = known && isRecord(select) ? select[known.field] : undefined;
    if (!known || !isSelected(selection)) {
      const message = `${name}.path: ${JSON.stringify(relation)} is no relation that ${operation} of ${model} selects.`;
      throw new EvercacheError("UNKNOWN_FIELD", message, { value: input });
    }
    at = dataModel.models.get(known.otherModel);
  }
  return path as readonly string[];
}

type ReadOfModel = Pick<Surroundings, "dataModel"> & Omit<RecordedRead, "path">;
