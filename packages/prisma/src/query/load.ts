import type { Answer } from "@evercache/core";
import { dataPathOf, type HookCall, type ReadCall } from "../client/hook.js";
import { isNotFound } from "../client/not-found.js";
import { returnsRows } from "../client/operation.js";
import type { GlobalOmit } from "../mutation/returned-row.js";
import type { CachedView } from "../runtime.js";
import { clientName } from "../schema/data-model.js";
import { isRecord } from "./canonical.js";
import type { Narrowable } from "./dependencies.js";
import { exactTags, widenSelection } from "./narrowing.js";

/** "Not found" is a result like any other; whoever asked with `…OrThrow` is told so afterwards. */
async function loadOrNull(call: HookCall, args: unknown, dataPath: readonly string[]): Promise<unknown> {
  if (dataPath.length > 0) return call.query(args);
  try {
    return await call.query(args);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** What a read asks of the database. Its rows are remembered. `isNullCertain`: Prisma loses no row on its way from there. */
export async function loadRows(
  view: CachedView,
  call: ReadCall,
  args: Readonly<Record<string, unknown>>,
  isNullCertain: boolean,
): Promise<unknown> {
  const { model, operation } = call;
  const dataPath = dataPathOf(call);
  const found = await loadOrNull(call, args, dataPath);
  if (dataPath.length > 0) return found;
  const value = found ?? (isNullCertain ? null : await findAlone(view, model, args));
  if (returnsRows(operation)) view.runtime.rows.see(model, value);
  return value;
}

/** As `findUnique`, by an operation that Prisma does not make one query of with others. */
async function findAlone(
  { base, runtime: { dataModel } }: CachedView,
  name: string,
  { where, ...others }: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { selectors } = dataModel.models.get(name)!;
  const flat = Object.entries(where as object).flatMap(([key, value]: [string, unknown]) =>
    selectors.has(key) && isRecord(value) ? Object.entries(value) : [[key, value]],
  );
  const delegate = base[clientName(name)] as Delegate;
  return delegate.findFirst({ ...others, where: Object.fromEntries(flat) });
}

interface Delegate {
  findFirst(args: unknown): Promise<unknown>;
}

/** As `loadRows`, with the columns by which the rows of the result say what else it depends on. */
export async function loadAndName(
  view: CachedView,
  call: ReadCall,
  args: Readonly<Record<string, unknown>>,
  isNullCertain: boolean,
  { level, tags }: Narrowable,
): Promise<Answer<unknown>> {
  const { internals, runtime } = view;
  const { dataModel } = runtime;
  const globalOmit = internals.globalOmit as GlobalOmit | undefined;
  const widened = widenSelection({ dataModel, globalOmit, neededBy: internals.neededBy }, level, args);
  const value = await loadRows(view, call, widened.args, isNullCertain);
  const narrowing = exactTags(dataModel, level, tags, value);
  widened.strip(value);
  return { value, narrowing };
}
