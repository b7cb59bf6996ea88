import { inspect } from "node:util";
import {
  parseQueryPolicy,
  queryPolicy,
  type AdaptiveSwitch,
  type Answer,
  type BypassReason,
  type Codec,
  type Keyring,
  type Policy,
  type QueryPolicy,
  type QueryCounts,
  type ReadPlan,
  type Source,
  type Tag,
  type When,
} from "@evercache/core";
import { dataPathOf, transactionOf, type ReadCall } from "../client/hook.js";
import { queryKind } from "../client/operation.js";
import type { CachedView } from "../runtime.js";
import type { Bypass } from "./bypass.js";
import { keyOfText, queryText } from "./key.js";
import { loadAndName, loadRows } from "./load.js";
import { isOutage } from "./outage.js";
import type { Asked, Prepared } from "./prepared.js";

export type ReadDecision = PlannedRead | { readonly kind: "bypass"; readonly bypass: Bypass; readonly args: Args };

type Args = Readonly<Record<string, unknown>>;

const NO_TAGS: readonly string[] = [];

/**
 * Decides whether and how a read is cached. Pure but for the user's own `scope` and `when`, and for how such reads have fared.
 * `onAskedAgain` is told what is prepared of a read that was asked for before.
 * @throws EvercacheError for a bad `cache` argument
 */
export function planRead(view: CachedView, call: ReadCall, onAskedAgain?: (prepared: Prepared) => void): ReadDecision {
  const { runtime, fingerprint, internals } = view;
  const { model, operation } = call;
  const { args, asked } = splitArgs(runtime.readArgs ? runtime.readArgs(call.args) : call.args);

  // Prisma never releases a batch one of whose members does not query; and what a transaction reads is its own.
  if (transactionOf(call)) return bypass(args, "transaction");
  if (asked === false) return bypass(args, "query", "cache: false");
  const kind = queryKind(operation);
  const policy = shareable(queryPolicy(runtime.policies.of(model, kind), asked), call);
  if (!policy) return bypass(args, "policy");
  if (policy.when && !isWanted(view, policy.when, { model, operation, args })) return bypass(args, "policy", "when");
  // A query that says itself how long it is kept is kept.
  const adaptive = asked?.ttl === undefined ? runtime.cache.adaptive(policy, model, kind) : undefined;
  if (adaptive?.isOff) return bypass(args, "adaptive");

  if (internals.refusesUndefined && hasUndefined(args)) {
    return bypass(args, "uncacheable", "undefined, which Prisma refuses");
  }
  const dataPath = dataPathOf(call);
  const customTags = asked?.tags ? [...new Set(asked.tags)].sort() : NO_TAGS;
  const scope = runtime.settings.scope?.();
  const isTaggedByResult = policy.tagsOf !== undefined;
  const source = { fingerprint, model, operation, args, dataPath, scope, tags: customTags, isTaggedByResult };
  const text = queryText(source);
  if (typeof text !== "string") return bypass(args, "uncacheable", text.uncacheable);
  // What finds the same, and says otherwise that it found nothing, is counted by itself.
  const name = operation.endsWith("OrThrow") ? `${text};!` : text;
  const known = runtime.prepared.get(name);
  const { neededBy } = internals;
  const isUnpacked = dataPath.length > 0;
  const prepared =
    known ??
    runtime.prepared.add(
      name,
      view,
      // Not put together of objects: to copy one takes longer than to find out what the read depends on.
      { model, operation, args, isUnpacked, neededBy, dataPath, customTags, isTaggedByResult },
      keyOfText(source, text),
    );
  if ("uncacheable" in prepared) return bypass(args, "uncacheable", prepared.uncacheable);
  if (known) onAskedAgain?.(prepared);
  if (known && prepared.list) runtime.lists.see(prepared.list, view, scope, policy, prepared);
  return new PlannedRead(view, call, args, policy, prepared, adaptive);
}

/** What a read depends on is worked out of this. */
export function queryOf(
  { internals }: CachedView,
  call: ReadCall,
  args: Args,
): Pick<Asked, "model" | "operation" | "args" | "isUnpacked" | "neededBy"> {
  const { model, operation } = call;
  return { model, operation, args, isUnpacked: dataPathOf(call).length > 0, neededBy: internals.neededBy };
}

function isWanted({ runtime }: CachedView, when: When, query: Parameters<When>[0]): boolean {
  let answer: unknown;
  try {
    answer = when(query);
    if (typeof answer === "boolean") return answer;
    // One that answers later answers nothing, and what becomes of it is nobody's concern.
    if (answer instanceof Promise) answer.catch(() => {});
  } catch (error) {
    answer = error;
  }
  const message =
    `when of ${query.model}: it must return true or false, and did not for ${query.operation} (${inspect(answer)}). ` +
    "Such queries are not cached.";
  runtime.cache.report({ type: "warning", code: "WHEN_FAILED", message });
  return false;
}

/** What a hook returns goes through Prisma, which writes into it: that cannot be one object for all. */
function shareable(policy: Policy | null, call: ReadCall): Policy | null {
  if (!policy?.l1?.share || call.located) return policy;
  return { ...policy, l1: { ...policy.l1, share: false } };
}

function splitArgs(given: unknown): { readonly args: Args; readonly asked: QueryPolicy | false | undefined } {
  const all = (given ?? {}) as Record<string, unknown>;
  if (!("cache" in all)) return { args: all, asked: undefined };
  const { cache, ...args } = all;
  return { args, asked: parseQueryPolicy(cache) };
}

function bypass(args: Args, reason: BypassReason, detail?: string): ReadDecision {
  return { kind: "bypass", bypass: detail === undefined ? { reason } : { reason, detail }, args };
}

/** One run of a read that is cached: nothing is made for it but what is not the same each time. */
export class PlannedRead implements ReadPlan<unknown> {
  constructor(
    private readonly view: CachedView,
    private readonly call: ReadCall,
    readonly args: Args,
    readonly policy: Policy,
    readonly prepared: Prepared,
    readonly adaptive: AdaptiveSwitch | undefined,
  ) {}

  get kind(): "cached" {
    return "cached";
  }

  get source(): Source {
    return this.prepared.source;
  }

  get counts(): QueryCounts {
    return this.prepared.counts;
  }

  get key(): string {
    return this.prepared.key;
  }

  get identity(): string | null {
    return this.prepared.identity;
  }

  get fingerprint(): string {
    return this.view.fingerprint;
  }

  get tags(): readonly Tag[] {
    return this.prepared.tags;
  }

  get absentTags(): readonly Tag[] {
    return this.prepared.absentTags;
  }

  get allTags(): readonly Tag[] {
    return this.prepared.allTags;
  }

  get codec(): Codec {
    return this.prepared.codec;
  }

  get keyring(): Keyring | undefined {
    return this.prepared.keyring;
  }

  get isDetermined(): boolean {
    return this.prepared.isDetermined;
  }

  get keepsAbsent(): boolean {
    return this.prepared.keepsAbsent;
  }

  get loadNarrow(): (() => Promise<Answer<unknown>>) | undefined {
    const { view, call, args, prepared } = this;
    const { narrowable, isNullCertain } = prepared;
    return narrowable ? () => loadAndName(view, call, args, isNullCertain, narrowable) : undefined;
  }

  get isOutage(): (error: unknown) => boolean {
    return isOutage;
  }

  load(): Promise<unknown> {
    return loadRows(this.view, this.call, this.args, this.prepared.isNullCertain);
  }
}

/** With `strictUndefinedChecks`. Keys drop `undefined`, so that a hit would hide the mistake. */
function hasUndefined(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUndefined);
}
