import type { CacheOptions } from "./cache-options.js";
import { announcing } from "./l1/announcing.js";
import { L1 } from "./l1/l1.js";
import { Mirror } from "./l1/mirror.js";
import { openResponder, type Observed } from "./observation/open-responder.js";
import { NamespaceGuard } from "./namespace-guard.js";
import { ReadThrough, type ReadContext } from "./read-through.js";
import { absentStore } from "./store/absent-store.js";
import { GuardedStore } from "./store/guarded-store.js";
import type { Hearing, Store, StoreStatus, Watch } from "./store/store.js";
import { wideFirst, withAnyCustom, type Writes } from "./store/wide-first.js";
import type { Tag } from "./tag.js";
import { Verifier } from "./verifier.js";

const FAILURE_THRESHOLD = 3;
const PROBE_INTERVAL = 1000;
const GIVE_UP_AFTER = 5000;

const NO_L1 = { maxEntries: 1, maxBytes: 1, leastStaleness: null } as const;
const TAGS_PER_ENTRY = 4;
/** So often within the time that a result may be stale it is made sure that messages come. */
const HEARTBEATS = 4;

/** What is open between the first use and `close`. */
export interface Session {
  readonly store: GuardedStore;
  /** The store, for whoever invalidates. */
  readonly writes: Writes;
  readonly watch: Watch | undefined;
  readonly responder: Hearing | undefined;
  readonly reader: ReadThrough;
  readonly l1: L1;
  readonly guard: NamespaceGuard | undefined;
}

/** What a session has of the cache that opens it. */
export interface SessionContext extends Pick<
  ReadContext,
  | "recovery"
  | "releasing"
  | "refills"
  | "monotonicNow"
  | "isHeard"
  | "report"
  | "reportHit"
  | "track"
  | "lifetime"
  | "nextHolder"
> {
  /** Runs outside of whatever request is being answered. */
  readonly outside: <T>(work: () => T) => T;
  readonly observed: Observed;
  readonly invalidate: (tags: readonly Tag[]) => Promise<boolean>;
  /** The store can be asked: again, or still. */
  readonly onAvailable: () => void;
}

/** Opens the store, and what stands on it. */
export function openSession(options: CacheOptions, context: SessionContext): Session {
  const { report } = context;
  const inner = openStore(options, report);
  const reportStatus = (status: StoreStatus, error?: unknown) =>
    report({ type: "store", status, ...(error === undefined ? {} : { error }) });
  inner.onStatus(reportStatus);
  const store = new GuardedStore(inner, {
    deadline: options.deadline,
    writeDeadline: options.writeDeadline,
    failureThreshold: FAILURE_THRESHOLD,
    probeInterval: PROBE_INTERVAL,
    giveUpAfter: GIVE_UP_AFTER,
    onBreaker: (state, error) => report({ type: "breaker", state, ...(error === undefined ? {} : { error }) }),
    onAvailable: context.onAvailable,
  });
  const { maxEntries, maxBytes, leastStaleness } = { ...NO_L1, ...options.l1 };
  const mirror = new Mirror(
    maxEntries * TAGS_PER_ENTRY,
    (group) => watch?.follow(group),
    (channel, groups, error) =>
      report({ type: "channel", status: channel, groups, ...(error === undefined ? {} : { error }) }),
    (cause, tokens) => report({ type: "l1", outcome: "dropped", cause, tokens }),
  );
  const watch = openWatch(inner, mirror, leastStaleness, report);
  // Later than the watch, whose connection it shares.
  const responder = openResponder(inner, options, context.observed);
  const ordered = wideFirst(store);
  const writes = leastStaleness === null ? ordered : announcing(ordered, (tags) => mirror.forget(withAnyCustom(tags)));
  const l1 = new L1({ maxEntries, maxBytes }, mirror);
  const reader = new ReadThrough({
    store,
    mirror,
    l1,
    ...context,
    verifier: verifierOf(options, store, context),
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
  });
  const guard = guardOf(options, store, writes, context);
  if (guard) inner.onStatus((status) => status === "ready" && guard.doubt());
  return { store, writes, watch, responder, reader, l1, guard };
}

function openWatch(
  store: Store,
  mirror: Mirror,
  leastStaleness: number | null,
  report: SessionContext["report"],
): Watch | undefined {
  if (leastStaleness === null) return undefined;
  const watch = store.watch?.(mirror, leastStaleness / HEARTBEATS);
  if (!watch) {
    const message =
      `l1: the ${store.tier} store cannot tell of what others invalidate, so that each hit in memory is validated. ` +
      'Write l1: { mode: "validated" } to say so.';
    report({ type: "warning", code: "L1_NOT_TRACKED", message });
  }
  return watch;
}

function guardOf(
  options: CacheOptions,
  store: GuardedStore,
  writes: Session["writes"],
  { outside, report, monotonicNow, track }: SessionContext,
): NamespaceGuard | undefined {
  const { identity } = options;
  const { claim } = store;
  if (!identity || !claim) return undefined;
  return new NamespaceGuard({
    store: { claim },
    identity: { ...identity, learn: () => outside(() => identity.learn()) },
    dropEverything: () => writes.rotate(options.everything),
    warn: (code, message) => report({ type: "warning", code, message }),
    now: monotonicNow,
    track,
  });
}

function verifierOf(
  options: CacheOptions,
  store: GuardedStore,
  { report, track, invalidate }: SessionContext,
): Verifier | undefined {
  const { verify = 0, random = Math.random } = options;
  if (verify === 0) return undefined;
  return new Verifier({
    share: verify,
    random,
    store,
    report,
    track,
    drop: invalidate,
    everything: options.everything,
  });
}

function openStore(options: CacheOptions, report: SessionContext["report"]): Store {
  try {
    return options.openStore();
  } catch (error) {
    report({ type: "store", status: "unavailable", error });
    return absentStore(error);
  }
}
