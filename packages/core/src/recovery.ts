import type { Release } from "./store/store.js";
import { isModelTag, tagGroup, widen, type Tag } from "./tag.js";

/** What to do with a tag once the store can be asked again. `hold`: its write may still commit. */
export type RecoveryKind = "rotate" | "hold";

/** The part of a store that recovery needs. */
export interface RecoveryStore {
  rotate(tags: readonly Tag[]): Promise<void>;
  release(holder: string, release: Release): Promise<void>;
  quarantine(holder: string, tags: readonly Tag[], lease: number): Promise<void>;
}

interface Owed {
  readonly kind: RecoveryKind;
  /** Who may have left a lock on the tag. */
  readonly holders: ReadonlySet<string>;
}

/** More tags than this are kept as whole models. */
const MOST_TAGS = 10_000;
const BATCH = 500;
/** More locks than this on one tag lapse by themselves. */
const MOST_HOLDERS = 100;
const NOBODY: ReadonlySet<string> = new Set();

/**
 * The tags of writes that the store refused, until it takes them. While there is one, this process serves nothing from
 * the cache: what it acknowledged, it must see. Bounded: beyond 10,000 tags only their models are remembered.
 */
export class RecoveryQueue {
  /** Each addition is an object of its own, so that a flush removes exactly what it delivered. */
  readonly #queued = new Map<Tag, Owed>();
  #flushing: Promise<boolean> | undefined;

  /** `everything`: the tags whose rotation drops all entries; what the queue becomes where even models are too many. */
  constructor(
    private readonly everything: readonly Tag[],
    private readonly onChange: (outcome: "queued" | "flushed", pending: number) => void,
  ) {}

  get size(): number {
    return this.#queued.size;
  }

  /** `holder`: who may have a lock on the tags that nobody else will release. */
  add(tags: readonly Tag[], kind: RecoveryKind, holder: string | null = null): void {
    if (tags.length === 0) return;
    for (const tag of tags) this.#put(tag, kind, holder);
    if (this.#queued.size > MOST_TAGS) this.#collapse();
    this.onChange("queued", this.size);
  }

  /** True once nothing is queued. One flush runs at a time; a failure keeps what it could not deliver. */
  flush(store: RecoveryStore, holder: string, lease: number): Promise<boolean> {
    this.#flushing ??= this.#flush(store, holder, lease).finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #flush(store: RecoveryStore, holder: string, lease: number): Promise<boolean> {
    if (this.#queued.size === 0) return true;
    try {
      while (this.#queued.size > 0) {
        const batch = [...this.#queued].slice(0, BATCH);
        const calls = callsFor(batch, holder, lease);
        if (calls.length > 1 || batch.length < this.#queued.size) await rotateWide([...this.#queued.keys()], store);
        await deliver(calls, store);
        // A tag that was added again meanwhile stays: its write may have come after what was just delivered.
        for (const [tag, owed] of batch) if (this.#queued.get(tag) === owed) this.#queued.delete(tag);
      }
      this.onChange("flushed", 0);
      return true;
    } catch {
      return false;
    }
  }

  #put(tag: Tag, kind: RecoveryKind, holder: string | null): void {
    const before = this.#queued.get(tag);
    const holders = before?.holders ?? NOBODY;
    this.#queued.set(tag, {
      kind: before?.kind === "hold" ? "hold" : kind,
      holders: holder === null || holders.size === MOST_HOLDERS ? holders : new Set([...holders, holder]),
    });
  }

  /** Locks that are forgotten here lapse by themselves. */
  #collapse(): void {
    const coarse = new Map<Tag, RecoveryKind>();
    for (const [tag, { kind }] of this.#queued) {
      for (const wide of widen(tag, this.everything)) coarse.set(wide, coarse.get(wide) === "hold" ? "hold" : kind);
    }
    this.#queued.clear();
    for (const [tag, kind] of coarse) this.#queued.set(tag, { kind, holders: NOBODY });
  }
}

/**
 * Of one write, no exact tag may be rotated before the wide one: a reader who replaces that by exact ones relies on it.
 * Several calls keep no order among themselves.
 */
async function rotateWide(queued: readonly Tag[], store: RecoveryStore): Promise<void> {
  const groups = new Set(queued.filter((tag) => !isModelTag(tag)).map(tagGroup));
  const wide = queued.filter((tag) => isModelTag(tag) && groups.has(tagGroup(tag)));
  if (wide.length > 0) await store.rotate(wide);
}

type Call = (store: RecoveryStore) => Promise<void>;

function callsFor(batch: readonly (readonly [Tag, Owed])[], holder: string, lease: number): readonly Call[] {
  const held: Tag[] = [];
  const rotated: Tag[] = [];
  const released = new Map<string, Tag[]>();
  for (const [tag, { kind, holders }] of batch) {
    if (kind === "hold") held.push(tag);
    else if (holders.size === 0) rotated.push(tag);
    else for (const each of holders) released.set(each, [...(released.get(each) ?? []), tag]);
  }
  const calls: Call[] = [];
  for (const [each, changed] of released) calls.push((store) => store.release(each, { changed, unchanged: [] }));
  if (held.length > 0) calls.push((store) => store.quarantine(holder, held, lease));
  if (rotated.length > 0) calls.push((store) => store.rotate(rotated));
  return calls;
}

/** All calls leave at once; every one has settled when this does. */
async function deliver(calls: readonly Call[], store: RecoveryStore): Promise<void> {
  const failed = (await Promise.allSettled(calls.map((call) => call(store)))).find(
    ({ status }) => status === "rejected",
  );
  if (failed) throw (failed as PromiseRejectedResult).reason;
}
