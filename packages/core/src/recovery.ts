import { modelTags, tagGroup, type Tag } from "./tag.js";

/** What to do with a tag once the store can be asked again. `hold`: its write may still commit. */
export type RecoveryKind = "rotate" | "hold";

/** The part of a store that recovery needs. */
export interface RecoveryStore {
  rotate(tags: readonly Tag[]): Promise<void>;
  quarantine(holder: string, tags: readonly Tag[], lease: number): Promise<void>;
}

/** More tags than this are kept as whole models. */
const MOST_TAGS = 10_000;
const BATCH = 500;

/**
 * The tags of writes that the store refused, until it takes them. While there is one, this process serves nothing from
 * the cache: what it acknowledged, it must see. Bounded: beyond 10,000 tags only their models are remembered.
 */
export class RecoveryQueue {
  /** Each addition is an object of its own, so that a flush removes exactly what it delivered. */
  readonly #queued = new Map<Tag, { readonly kind: RecoveryKind }>();
  #flushing: Promise<boolean> | undefined;

  /** `everything`: the tags whose rotation drops all entries; what the queue becomes where even models are too many. */
  constructor(
    private readonly everything: readonly Tag[],
    private readonly onChange: (outcome: "queued" | "flushed", pending: number) => void,
  ) {}

  get size(): number {
    return this.#queued.size;
  }

  add(tags: readonly Tag[], kind: RecoveryKind): void {
    if (tags.length === 0) return;
    for (const tag of tags) this.#put(tag, kind);
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
        const tagsOf = (kind: RecoveryKind) => batch.filter(([, item]) => item.kind === kind).map(([tag]) => tag);
        const held = tagsOf("hold");
        const rotated = tagsOf("rotate");
        await Promise.all([
          held.length > 0 ? store.quarantine(holder, held, lease) : undefined,
          rotated.length > 0 ? store.rotate(rotated) : undefined,
        ]);
        // A tag that was added again meanwhile stays: its write may have come after what was just delivered.
        for (const [tag, item] of batch) if (this.#queued.get(tag) === item) this.#queued.delete(tag);
      }
      this.onChange("flushed", 0);
      return true;
    } catch {
      return false;
    }
  }

  #put(tag: Tag, kind: RecoveryKind): void {
    const held = kind === "hold" || this.#queued.get(tag)?.kind === "hold";
    this.#queued.set(tag, { kind: held ? "hold" : "rotate" });
  }

  #collapse(): void {
    const coarse = new Map<Tag, RecoveryKind>();
    for (const [tag, { kind }] of this.#queued) {
      // A tag that the application chose has no model to stand for it: only dropping everything is certain.
      const wider = tag.startsWith("#") ? this.everything : modelTags(tagGroup(tag));
      for (const wide of wider) coarse.set(wide, coarse.get(wide) === "hold" ? "hold" : kind);
    }
    this.#queued.clear();
    for (const [tag, kind] of coarse) this.#queued.set(tag, { kind });
  }
}
