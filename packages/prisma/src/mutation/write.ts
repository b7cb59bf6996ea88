import {
  isNewTag,
  type Effects,
  type Learnt,
  type Refill,
  type Tag,
  type WriteFence,
  type WriteSource,
} from "@evercache/core";
import { isNotFound } from "../client/not-found.js";
import { PrismaClientValidationError } from "@prisma/client/runtime/client";
import { isRecord } from "../query/canonical.js";
import { dataPathOf, transactionOf, type HookCall, type HookQuery } from "../client/hook.js";
import { currentScope, explained } from "../client/query-scope.js";
import { isOfModel, type ClientInternals } from "../client/internals.js";
import type { AloneOptions, OpenTransaction } from "../client/transactions.js";
import type { CachedView, Runtime } from "../runtime.js";
import { normalProvider } from "../schema/parse-schema.js";
import type { DataModel } from "../schema/data-model.js";
import { changesFirst, showsMore } from "./asks-first.js";
import { effects as effectsOf, type WriteEffects } from "./effects.js";
import { explainRaw, explainWrite } from "./explain.js";
import { refillOf } from "./refill.js";
import type { GlobalOmit } from "./returned-row.js";
import type { Recalled } from "./row-memory.js";
import { touchedBy } from "./touched.js";
import { isOneChange } from "./sql-statements.js";
import { rawEffects, sqlOf } from "./raw-sql.js";

/** A statement that changes rows, with what it changes. */
interface Statement {
  readonly effects: Effects;
  readonly query: () => HookQuery;
  readonly learn: (result: unknown) => Learnt;
  /** As of `WritePlan`: where the statement has a commit of its own. */
  readonly committed?: (result: unknown) => void;
  /** The table to which the first thing that is sent is a change. Left out: that may be something else. */
  readonly changesFirst?: string | undefined;
  /** Raw SQL that the database carries out wholly or not at all. */
  readonly isOneStatement?: boolean;
  /** As of `WritePlan`: where it has a commit of its own. */
  readonly refill?: Refill<unknown> | undefined;
  /** As of `WriteEffects`. */
  readonly isCertainOnlyBehindFence?: boolean;
}

const NOTHING: Learnt = { changed: [], unchanged: [] };

/** A write operation of a model. */
export async function write(view: CachedView, call: HookCall & { readonly model: string }): Promise<unknown> {
  const { rows, dataModel } = view.runtime;
  const { model, args } = call;
  const recalled = recall(view.runtime, call);
  const scope = currentScope(call);
  if (scope?.kind === "explain") {
    const run = recalled ? { ...(args as object), where: recalled.where } : args;
    explained(scope, explainWrite(dataModel, call, run, effectsAlone(view.runtime, effectsFor(view, call, run))));
  }
  if (!recalled) return writeAs(view, call, args);
  const { where, tags } = recalled;
  try {
    return await writeAs(view, call, { ...(args as object), where }, tags);
  } catch (error) {
    // Prisma shows a wrong argument among all the others: the caller's own, then. It has sent nothing.
    if (!isNotFound(error) && !(error instanceof PrismaClientValidationError)) throw error;
    // Either the row is gone, or somebody else has changed what was remembered of it.
    if (isNotFound(error)) rows.forget(model, where);
    return writeAs(view, call, args);
  }
}

/** The selector of one row, with what this process knows of the row besides. `null`: nothing, or it must not be added. */
function recall({ rows, dataModel }: Runtime, call: HookCall & { readonly model: string }): Recalled | null {
  const { model: name, operation, args } = call;
  if ((operation !== "update" && operation !== "delete") || !isRecord(args)) return null;
  // A member of a batch that finds nothing ends the batch.
  if (transactionOf(call)?.kind === "batch") return null;
  const { data } = args;
  const model = dataModel.models.get(name);
  // Prisma then reads the row first, and does not notice when the DELETE finds it changed.
  if (operation === "delete" && model && showsMore(model, args)) return null;
  // With nested writes, some may have been carried out when the row is not found.
  if (isRecord(data) && Object.keys(data).some((field) => model?.relations.has(field))) return null;
  return rows.recall(name, args["where"]);
}

async function writeAs(
  view: CachedView,
  call: HookCall & { readonly model: string },
  args: unknown,
  recalledTags?: Recalled["tags"],
): Promise<unknown> {
  const { runtime } = view;
  if (call.operation === "update" || call.operation === "delete") runtime.rows.expectWrites(call.model);
  const written = effectsFor(view, call, args, recalledTags);
  let isRemembered = false;
  const rememberOnce = (returned: unknown): void => {
    if (!isRemembered) remember(runtime, call, args, returned);
    isRemembered = true;
  };
  const result = await execute(view, call, {
    effects: written,
    query: () => call.query(written.args),
    learn: (returned) => written.after(returned),
    committed: rememberOnce,
    refill: refillOf(view, call, written.changed),
    isCertainOnlyBehindFence: written.isCertainOnlyBehindFence ?? false,
    changesFirst: changedFirst(runtime.dataModel, call, written.args),
  });
  rememberOnce(result);
  return written.strip(result);
}

function changedFirst(
  dataModel: DataModel,
  { model: name, operation }: HookCall & { readonly model: string },
  args: unknown,
): string | undefined {
  const model = dataModel.models.get(name);
  return model && isRecord(args) && changesFirst(dataModel, model, operation, args) ? model.table : undefined;
}

function effectsFor(
  { runtime, internals }: CachedView,
  call: HookCall & { readonly model: string },
  args: unknown,
  recalledTags?: Recalled["tags"],
): WriteEffects {
  const { model, operation } = call;
  return effectsOf(runtime.dataModel, {
    model,
    operation,
    args,
    dataPath: dataPathOf(call),
    globalOmit: internals.globalOmit as GlobalOmit | undefined,
    isComputed: internals.computedFields.some((field) => isOfModel(field, model)),
    recalledTags,
  });
}

const OF_ONE_ROW: ReadonlySet<string> = new Set(["create", "update", "upsert", "delete"]);

/** What a transaction writes may yet be rolled back: what was known of the row is then as it was, or is not. */
function remember(
  { rows, dataModel }: Runtime,
  call: HookCall & { readonly model: string },
  args: unknown,
  result: unknown,
): void {
  const { model: name, operation } = call;
  const model = dataModel.models.get(name);
  if (!model || !OF_ONE_ROW.has(operation) || !isRecord(args) || dataPathOf(call).length > 0) return;
  if (operation === "delete" || transactionOf(call)) return rows.forget(name, args["where"]);
  const data = operation === "upsert" ? args["update"] : args["data"];
  rows.seeWritten(name, args["where"], result, touchedBy(dataModel, model, data).fields);
}

/** `$executeRaw…` and `$queryRaw…`: what the SQL names is changed. */
export async function raw(view: CachedView, call: HookCall): Promise<unknown> {
  const { runtime } = view;
  const statement = sqlOf(call.operation, call.args);
  const sql = statement.text;
  const changed = rawEffects(runtime.dataModel, statement);
  const scope = currentScope(call);
  if (scope?.kind === "explain") {
    const effects = { changed: changed === "reads-only" ? [] : changed, fenced: [] };
    explained(scope, explainRaw(runtime.dataModel, call, sql, effects));
  }
  if (changed === "reads-only") return call.query(call.args);
  const transaction = transactionOf(call);
  if (transaction && commitsByItself(runtime, sql)) {
    const open = runtime.transactions.find(transaction);
    if (open) open.committedAnyway = true;
  }
  return execute(view, call, {
    effects: { changed, fenced: [] as Tag[] },
    query: () => call.query(call.args),
    learn: () => NOTHING,
    isOneStatement: sql !== null && isOneChange(sql, runtime.dataModel.provider),
  });
}

async function execute(view: CachedView, call: HookCall, statement: Statement): Promise<unknown> {
  const { runtime } = view;
  const info = transactionOf(call);
  if (!info) return executeBare(view, call, statement);
  const open = runtime.transactions.find(info);
  if (!open) return executeUnattributed(runtime, call, statement);
  if (info.kind === "batch") return executeInBatch(runtime, open, statement);
  return executeInteractive(runtime, open, statement, statement.query);
}

/** At `strict`, what cannot be named beforehand is learnt in a transaction, before its commit. */
function executeBare(
  { runtime, base, internals, gated }: CachedView,
  call: HookCall,
  statement: Statement,
): Promise<unknown> {
  const { settings, cache, transactions, outcomeOf } = runtime;
  const { query, changesFirst: table } = statement;
  const effects = effectsAlone(runtime, statement.effects);
  const learn = behindFence(runtime, statement);
  if (settings.consistency !== "strict" || effects.fenced.length === 0) {
    const { isOneStatement, committed, refill } = statement;
    const gate = table === undefined ? null : gated;
    return cache.write({
      source: sourceOf(call),
      effects,
      learn,
      committed,
      refill,
      hold: gate?.isGated ? (locks) => gate.hold(locks) : undefined,
      run: async () => (gate ? gate.run(table!, query) : query()),
      outcomeOf: (error) => outcomeOf(error, isOneStatement),
    });
  }
  return transactions.alone(
    base as never,
    (open, info) => executeInteractive(runtime, open, statement, async () => query().requestTransaction(info)),
    aloneOptions(internals),
  );
}

function sourceOf({ model, operation }: Pick<HookCall, "model" | "operation">): WriteSource {
  return { model: model ?? null, operation };
}

/** What may be learnt of a statement that was fenced before it ran, where anything is. */
function behindFence({ settings }: Runtime, { learn, isCertainOnlyBehindFence }: Statement): Statement["learn"] {
  return isCertainOnlyBehindFence && settings.consistency === "eventual" ? () => NOTHING : learn;
}

/** At `strict`, dropping each "not found" of a model is cheaper than a transaction that would learn which of them stand. */
function effectsAlone({ settings }: Runtime, effects: Effects): Effects {
  if (settings.consistency !== "strict") return effects;
  const { changed, fenced } = effects;
  return { changed: [...changed, ...fenced.filter(isNewTag)], fenced: fenced.filter((tag) => !isNewTag(tag)) };
}

/** The longest that a timer can run. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** What databases do with a statement by itself, unless they are configured to do otherwise. */
const USUAL_ISOLATION: Readonly<Record<string, string>> = {
  postgresql: "ReadCommitted",
  mysql: "RepeatableRead",
  sqlite: "Serializable",
  cockroachdb: "Serializable",
  sqlserver: "ReadCommitted",
};

/** A write by itself has no time-out, and is not isolated as the client asks it for transactions. */
function aloneOptions({ transactionIsolation, provider }: ClientInternals): AloneOptions {
  const options = { timeout: NO_TIMEOUT, maxWait: NO_TIMEOUT };
  const isolationLevel = transactionIsolation && USUAL_ISOLATION[normalProvider(provider ?? "")];
  return isolationLevel ? { ...options, isolationLevel } : options;
}

/**
 * Notes what the statement changes; the tags are quarantined before the commit. What the result names by then needs no
 * fence; a statement that nobody awaited is fenced.
 */
async function executeInteractive(
  runtime: Runtime,
  { fence }: OpenTransaction,
  statement: Statement,
  run: () => Promise<unknown>,
): Promise<unknown> {
  fence.add(statement.effects);
  const result = await run();
  // The fence comes only before the commit.
  if (!statement.isCertainOnlyBehindFence) learnFrom(runtime, fence, statement.learn, result);
  return result;
}

/** Every member quarantines its own tags before Prisma sends any of them. */
async function executeInBatch(runtime: Runtime, { fence }: OpenTransaction, statement: Statement): Promise<unknown> {
  fence.add(statement.effects);
  await fence.lock();
  const result = await statement.query();
  learnFrom(runtime, fence, behindFence(runtime, statement), result);
  return result;
}

/** The statement ran. What could not be learnt stays as coarse as it was fenced. */
function learnFrom({ cache }: Runtime, fence: WriteFence, learn: Statement["learn"], result: unknown): void {
  try {
    fence.learn(learn(result));
  } catch (error) {
    cache.report({ type: "warning", code: "RESULT_NOT_UNDERSTOOD", message: String(error) });
  }
}

/**
 * The transaction was opened past this extension, so its commit cannot be seen: the tags stay locked for as long as an
 * ambiguous commit's would.
 */
async function executeUnattributed(runtime: Runtime, call: HookCall, statement: Statement): Promise<unknown> {
  const { model, operation } = call;
  runtime.cache.report({
    type: "warning",
    code: "UNKNOWN_TRANSACTION",
    message:
      `${model ?? "prisma"}.${operation} ran in a transaction that was not opened through the cached client: what it ` +
      "changes is not cached for a while. Call $transaction on the client that cacheExtension() returned.",
  });
  const hold = async (held: Effects): Promise<void> => {
    const fence = runtime.cache.fence(sourceOf(call));
    fence.add(held);
    await fence.lock();
    await fence.settle("ambiguous");
  };
  await hold(statement.effects);
  const result = await statement.query();
  await hold({ changed: statement.learn(result).changed, fenced: [] });
  return result;
}

/** MySQL commits before and after each of these, whatever becomes of the transaction around them. */
function commitsByItself({ dataModel }: Runtime, sql: string | null): boolean {
  return dataModel.provider === "mysql" && !/^\s*(insert|update|delete|replace|select)\b/i.test(sql ?? "");
}
