import type { CacheEvent, VerifyOutcome } from "./events.js";
import type { ReadPlan } from "./read-plan.js";
import type { Store } from "./store/store.js";
import { widen, type Tag } from "./tag.js";
import { QUARANTINED, type Token } from "./token.js";

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

  /** `stamps`: the tokens that `tags` had when the entry was valid. `served`: what it says, as nobody can have changed it. */
  sample(plan: ReadPlan<unknown>, tags: readonly Tag[], stamps: readonly Token[], served: () => unknown): void {
    if (plan.isDetermined === false || this.#running >= MOST_AT_ONCE) return;
    if (this.context.random() >= this.context.share) return;
    this.#running++;
    this.context.track(this.#verify(plan, tags, stamps, served).finally(() => this.#running--));
  }

  /**
   * Of the same share of what is stored: whether a write had ended it before it was. `sent`: whether it is stored; called when
   * that has just been sent, so that the tokens are looked up right behind it.
   */
  sampleFill(plan: ReadPlan<unknown>, tags: readonly Tag[], stamps: readonly Token[], sent: Promise<boolean>): void {
    if (this.context.random() >= this.context.share) return;
    this.context.track(this.#verifyFill(plan, tags, stamps, sent));
  }

  async #verifyFill(...[plan, tags, stamps, sent]: Parameters<Verifier["sampleFill"]>): Promise<void> {
    const looked = this.context.store.lookup(null, tags).catch(() => null);
    if (!(await sent)) return;
    const present = await looked;
    if (!present) return;
    // A lock may yet give back the token that it has taken the place of.
    if (present.tokens.includes(QUARANTINED)) return;
    const outcome = stamps.some((stamp, i) => stamp !== present.tokens[i]) ? "dead" : "alive";
    this.context.report({ type: "fill-verify", ...plan.source, outcome, key: plan.key });
  }

  async #verify(...hit: Parameters<Verifier["sample"]>): Promise<void> {
    const outcome = await this.#compare(...hit);
    const [plan, tags] = hit;
    this.context.report({ type: "verify", ...plan.source, outcome, key: plan.key });
    if (outcome === "violation") await this.context.drop([...new Set(tags.flatMap((tag) => this.#widen(tag)))]);
  }

  async #compare(...[plan, tags, stamps, served]: Parameters<Verifier["sample"]>): Promise<VerifyOutcome> {
    try {
      const spelled = spell(served());
      const truth = await plan.load();
      const { tokens } = await this.context.store.lookup(null, tags);
      if (stamps.some((stamp, i) => stamp !== tokens[i])) return "inconclusive";
      return spelled === spell(truth) ? "match" : "violation";
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
function spell(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spell).sort().join()}]`;
  if (typeof value !== "object" || value === null) return `${typeof value} ${spellPrimitive(value)}`;
  if (ArrayBuffer.isView(value)) {
    return `bytes ${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")}`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `${value.constructor.name} ${JSON.stringify(value)}`;
  const fields = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${spell(item)}`);
  return `{${fields.sort().join()}}`;
}

function spellPrimitive(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : String(value);
}
