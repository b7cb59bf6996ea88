import {
  customTag,
  parseQueryPolicy,
  queryPolicy,
  type Answer,
  type BypassReason,
  type ReadPlan,
  type Tag,
} from "@evercache/core";
import { dataPathOf, transactionOf, type HookCall } from "../client/hook.js";
import { isNotFound } from "../client/not-found.js";
import { queryKind, returnsRows, type ReadOperation } from "../client/operation.js";
import type { GlobalOmit } from "../mutation/returned-row.js";
import type { CachedView } from "../runtime.js";
import type { Bypass } from "./bypass.js";
import type { Narrowable, Query } from "./dependencies.js";
import { isRecord } from "./canonical.js";
import { concealedKey, queryKey } from "./key.js";
import { exactTags, widenSelection } from "./narrowing.js";

type ReadCall = HookCall & { readonly model: string; readonly operation: ReadOperation };

export type ReadDecision =
  | { readonly kind: "cached"; readonly plan: ReadPlan<unknown>; readonly args: unknown; readonly query: Query }
  | { readonly kind: "bypass"; readonly bypass: Bypass; readonly args: unknown };

/**
 * Decides whether and how a read is cached. Pure but for the user's own `scope`.
 * @throws EvercacheError for a bad `cache` argument
 */
export function planRead(view: CachedView, call: ReadCall): ReadDecision {
  const { runtime, fingerprint, codec, internals } = view;
  const { model, operation } = call;
  const { cache, ...args } = (call.args ?? {}) as Record<string, unknown>;
  const asked = parseQueryPolicy(cache);
  const bypass = (reason: BypassReason, detail?: string): ReadDecision => ({
    kind: "bypass",
    bypass: detail === undefined ? { reason } : { reason, detail },
    args,
  });

  // Prisma never releases a batch one of whose members does not query; and what a transaction reads is its own.
  if (transactionOf(call)) return bypass("transaction");
  if (asked === false) return bypass("query", "cache: false");
  const policy = queryPolicy(runtime.policies.of(model, queryKind(operation)), asked);
  if (!policy) return bypass("policy");

  if (internals.refusesUndefined && hasUndefined(args)) return bypass("uncacheable", "undefined, which Prisma refuses");

  const dataPath = dataPathOf(call);
  const customTags = [...new Set(asked?.tags)].sort();
  const named = queryKey({
    fingerprint,
    model,
    operation,
    args,
    dataPath,
    scope: runtime.settings.scope?.(),
    tags: customTags,
  });
  if ("uncacheable" in named) return bypass("uncacheable", named.uncacheable);
  const isUnpacked = dataPath.length > 0;
  const query = { model, operation, args, isUnpacked, neededBy: internals.neededBy };
  const dependsOn = runtime.dependencies.of(named.key, query);
  if ("uncacheable" in dependsOn) return bypass("uncacheable", dependsOn.uncacheable);

  const { narrowable, keepsAbsent } = dependsOn;
  const tags = withCustom(dependsOn.tags, customTags);
  const absentTags = dependsOn.absentTags.length === 0 ? [] : withCustom(dependsOn.absentTags, customTags);
  const keyring = runtime.encryption?.keyringFor(tags);
  const { key, identity } = keyring ? concealedKey(named, keyring) : named;
  const source = { model, operation };
  const isDetermined = runtime.settings.verify === 0 || !hasWindow(operation, args);
  return {
    kind: "cached",
    args,
    query,
    plan: {
      source,
      key,
      identity,
      fingerprint,
      tags,
      absentTags,
      policy,
      codec: view.codecs?.of({ model, operation, args, dataPath }) ?? codec,
      ...(keyring && { keyring }),
      isDetermined,
      keepsAbsent: keepsAbsent || !isUnpacked,
      load: () => loadRows(view, call, args, keepsAbsent),
      ...(narrowable && { loadNarrow: () => loadAndName(view, call, args, keepsAbsent, narrowable) }),
    },
  };
}

function withCustom(tags: readonly Tag[], names: readonly string[]): readonly Tag[] {
  return names.length === 0 ? tags : [...tags, ...names.map(customTag)];
}

/** Of rows that are equal in the order, or have none, a database may choose which are in the window. */
function hasWindow(operation: ReadOperation, args: unknown): boolean {
  return operation.startsWith("findFirst") || hasWindowArgument(args);
}

const WINDOW: ReadonlySet<string> = new Set(["take", "skip", "distinct", "cursor"]);

function hasWindowArgument(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasWindowArgument);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, part]) => WINDOW.has(name) || hasWindowArgument(part));
}

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
async function loadRows(
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
  const delegate = base[name.charAt(0).toLowerCase() + name.slice(1)] as Delegate;
  return delegate.findFirst({ ...others, where: Object.fromEntries(flat) });
}

interface Delegate {
  findFirst(args: unknown): Promise<unknown>;
}

/** As `loadRows`, with the columns by which the rows of the result say what else it depends on. */
async function loadAndName(
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

/** With `strictUndefinedChecks`. Keys drop `undefined`, so that a hit would hide the mistake. */
function hasUndefined(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUndefined);
}
