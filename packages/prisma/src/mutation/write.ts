import { EvercacheError, type Effects, type Learnt, type Tag } from "@evercache/core";
import { dataPathOf, transactionOf, type HookCall } from "../client/hook.js";
import { currentScope, explained } from "../client/query-scope.js";
import type { ComputedField } from "../client/internals.js";
import type { OpenTransaction } from "../client/transactions.js";
import type { CachedView, Runtime } from "../runtime.js";
import { effects as effectsOf } from "./effects.js";
import { outcomeOf } from "./outcome.js";
import type { GlobalOmit } from "./returned-row.js";
import { rawEffects, sqlOf } from "./raw-sql.js";

/** A statement that changes rows, with what it changes. */
interface Statement {
  readonly effects: Effects;
  readonly run: () => Promise<unknown>;
  readonly learn: (result: unknown) => Learnt;
}

const NOTHING: Learnt = { changed: [], unchanged: [] };

/** A write operation of a model. */
export async function write(
  { runtime, internals }: CachedView,
  call: HookCall & { readonly model: string },
): Promise<unknown> {
  refuseExplain(call);
  const { model, operation, args } = call;
  const written = effectsOf(runtime.dataModel, {
    model,
    operation,
    args,
    dataPath: dataPathOf(call),
    globalOmit: internals.globalOmit as GlobalOmit | undefined,
    isComputed: internals.computedFields.some((field) => isOfModel(field, model)),
  });
  const result = await execute(runtime, call, {
    effects: written,
    run: () => call.query(written.args),
    learn: (returned) => written.after(returned),
  });
  return written.strip(result);
}

/** `$executeRaw…` and `$queryRaw…`: what the SQL names is changed. */
export async function raw(runtime: Runtime, call: HookCall): Promise<unknown> {
  refuseExplain(call);
  const sql = sqlOf(call.operation, call.args);
  const changed = rawEffects(runtime.dataModel, sql);
  if (changed === "reads-only") return call.query(call.args);
  const transaction = transactionOf(call);
  if (transaction && commitsByItself(runtime, sql)) {
    const open = runtime.transactions.find(transaction);
    if (open) open.committedAnyway = true;
  }
  return execute(runtime, call, {
    effects: { changed, fenced: [] as Tag[] },
    run: () => call.query(call.args),
    learn: () => NOTHING,
  });
}

async function execute(runtime: Runtime, call: HookCall, statement: Statement): Promise<unknown> {
  const info = transactionOf(call);
  if (!info) return runtime.cache.write({ ...statement, outcomeOf });
  const open = runtime.transactions.find(info);
  if (!open) return executeUnattributed(runtime, call, statement);
  if (info.kind === "batch") return executeInBatch(open, statement);
  return executeInteractive(open, statement);
}

/** Notes what the statement changes; the tags are quarantined before the commit. */
async function executeInteractive({ fence }: OpenTransaction, { effects, run, learn }: Statement): Promise<unknown> {
  fence.add({ changed: effects.changed, fenced: [] });
  let unnamed = effects.fenced;
  try {
    const result = await run();
    const learnt = learn(result);
    fence.learn({ changed: learnt.changed, unchanged: [] });
    // Before the commit everything can be named, so that no fence is needed where the result named it.
    unnamed = effects.fenced.filter((tag) => !learnt.unchanged.includes(tag));
    return result;
  } finally {
    fence.add({ changed: unnamed, fenced: [] });
  }
}

/** Every member quarantines its own tags before Prisma sends any of them. */
async function executeInBatch({ fence }: OpenTransaction, { effects, run, learn }: Statement): Promise<unknown> {
  fence.add(effects);
  await fence.lock();
  const result = await run();
  fence.learn(learn(result));
  return result;
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
    const fence = runtime.cache.fence();
    fence.add(held);
    await fence.lock();
    await fence.settle("ambiguous");
  };
  await hold(statement.effects);
  const result = await statement.run();
  await hold({ changed: statement.learn(result).changed, fenced: [] });
  return result;
}

/** MySQL commits before and after each of these, whatever becomes of the transaction around them. */
function commitsByItself({ dataModel }: Runtime, sql: string | null): boolean {
  return dataModel.provider === "mysql" && !/^\s*(insert|update|delete|replace|select)\b/i.test(sql ?? "");
}

/** Result extensions name a model as the client's property does, or all of them. */
function isOfModel(field: ComputedField, model: string): boolean {
  return field.model === "$allModels" || field.model.toLowerCase() === model.toLowerCase();
}

function refuseExplain({ model, operation }: HookCall): void {
  const scope = currentScope({ model, operation });
  if (scope?.kind !== "explain") return;
  explained(scope, {
    error: new EvercacheError("NOT_A_QUERY", `$cache.explain: ${operation} is not a cached read. It was not run.`, {
      value: operation,
    }),
  });
}
