import type { Codec } from "./codec/codec.js";
import type { Entry } from "./entry.js";
import type { CacheEvent, VerifyOutcome } from "./events.js";
import type { ReadPlan } from "./read-through.js";
import type { Store } from "./store/store.js";
import { widen, type Tag } from "./tag.js";

export interface VerifierContext {
  /** The share of hits to compare, 0 to 1. */
  readonly share: number;
  readonly random: () => number;
  readonly store: Pick<Store, "lookup">;
  readonly report: (event: CacheEvent) => void;
  readonly track: (work: Promise<unknown>) => void;
  /** Ends what was wrong. */
  readonly drop: (tags: readonly Tag[]) => Promise<unknown>;
  /** The tags whose rotation drops every entry. */
  readonly everything: readonly Tag[];
}

/** No more comparisons than this at a time: they must not become a load of their own. */
const MOST_AT_ONCE = 2;

/**
 * Compares a share of the hits with the database, after they were answered. Needs no clock: if the tokens after the
 * database's answer are still the stamps of the entry, no write of the extension came between, and a different value is
 * proven wrong. Either the cache is at fault, or somebody writes past it.
 */
export class Verifier {
  #running = 0;

  constructor(private readonly context: VerifierContext) {}

  /** `tags`: those that the plan's tokens were read for, in that order. */
  sample(plan: ReadPlan<unknown>, tags: readonly Tag[], entry: Entry): void {
    if (plan.isDetermined === false || this.#running >= MOST_AT_ONCE) return;
    if (this.context.random() >= this.context.share) return;
    this.#running++;
    this.context.track(this.#verify(plan, tags, entry).finally(() => this.#running--));
  }

  async #verify(plan: ReadPlan<unknown>, tags: readonly Tag[], entry: Entry): Promise<void> {
    const outcome = await this.#compare(plan, tags, entry);
    this.context.report({ type: "verify", ...plan.source, outcome, key: plan.key });
    if (outcome === "violation") await this.context.drop([...new Set(tags.flatMap((tag) => this.#widen(tag)))]);
  }

  async #compare(plan: ReadPlan<unknown>, tags: readonly Tag[], entry: Entry): Promise<VerifyOutcome> {
    try {
      const truth = await plan.load();
      const { tokens } = await this.context.store.lookup(plan.key, tags);
      if (entry.stamps.some((stamp, i) => stamp !== tokens[i])) return "inconclusive";
      const served = entry.absent ? null : plan.codec.decode(entry.payload);
      return spell(plan.codec, served) === spell(plan.codec, truth) ? "match" : "violation";
    } catch {
      return "inconclusive";
    }
  }

  /** A tag that the application chose stands for itself. */
  #widen(tag: Tag): readonly Tag[] {
    return tag.startsWith("#") ? [tag] : widen(tag, this.context.everything);
  }
}

/** Equal for equal values. A list counts as a set: without an order of its own a database may give it in any. */
function spell(codec: Codec, value: unknown): string {
  if (Array.isArray(value))
    return `[${value
      .map((item) => spell(codec, item))
      .sort()
      .join()}]`;
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const fields = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${spell(codec, item)}`);
    return `{${fields.sort().join()}}`;
  }
  return Buffer.from(codec.encode(value)).toString("latin1");
}
