import { StoreUnavailableError } from "./errors.js";
import type { BypassReason } from "./events.js";
import type { Claim, Store } from "./store/store.js";

/** How a database is recognised. */
export interface DatabaseIdentity {
  /** Asks the database which one it is. `null`: it cannot tell. */
  learn(): Promise<string | null>;
  /**
   * What the database that holds the namespace is to this one. Only what is certainly another database is `other`; where
   * that is not certain, `compatible`, or `sharper` if `mine` says more than `held`.
   */
  compare(held: string, mine: string): "same" | "other" | "compatible" | "sharper";
  /** For people: the namespace is taken. */
  explain(held: string, mine: string): string;
}

export interface NamespaceGuardContext {
  readonly store: { readonly claim: NonNullable<Store["claim"]> };
  readonly identity: DatabaseIdentity;
  /** Drops every entry. Rejects where the store cannot be told. */
  readonly dropEverything: () => Promise<unknown>;
  readonly warn: (code: string, message: string) => void;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly track: (work: Promise<unknown>) => void;
}

/** An open guard asks again after this time, in the background. */
const RENEWAL = 60_000;
/** So long after the last renewal its holder still counts on the claim. */
const VALIDITY = 4 * RENEWAL;
/** Of a database that has been silent for so long nobody counts on the claim any more. */
const SILENCE = 5 * RENEWAL;
/** A claim outlives the silence of its database by far: a quiet night must not cost the cache. One for all clients: what is left of it tells when it was renewed. */
const CLAIM_TTL = 400 * 86_400_000;
/** A read waits no longer than this to learn which database it asks. */
const PATIENCE = 5000;

type State =
  | { readonly kind: "undecided" }
  | { readonly kind: "open"; readonly renewAt: number; readonly until: number }
  | { readonly kind: "taken"; readonly renewAt: number };

/**
 * Keeps clients of two databases from using one namespace, where each would be shown the other's rows. The first to come
 * claims the namespace for its database, and all clients of that database renew the claim while they read. Whoever is
 * certain to be of another database does not read the cache until the holder has been silent for minutes; then everything
 * is dropped before the claim changes hands.
 */
export class NamespaceGuard {
  #state: State = { kind: "undecided" };
  #check: Promise<BypassReason | null> | undefined;
  #identity: Promise<string | null> | undefined;

  constructor(private readonly context: NamespaceGuardContext) {}

  /** `null`: a read may go on. Waits only where nothing is known, or has not been for minutes. `now`: where that is known. */
  admit(now = this.context.now()): BypassReason | null | Promise<BypassReason | null> {
    const state = this.#state;
    if (state.kind === "undecided") return this.#checked();
    if (state.kind === "open" && now >= state.until) return this.#checked();
    if (now >= state.renewAt) this.context.track(this.#checked());
    return state.kind === "taken" ? "namespace-taken" : null;
  }

  /** What is known by now; asks nobody. */
  get isTaken(): boolean {
    return this.#state.kind === "taken";
  }

  /** The store was away: it may have forgotten the claim, and another database may have it now. */
  doubt(): void {
    if (this.#state.kind === "open" && this.#state.until !== Number.POSITIVE_INFINITY)
      this.#state = { ...this.#state, until: 0 };
  }

  #checked(): Promise<BypassReason | null> {
    return (this.#check ??= this.#decide().finally(() => (this.#check = undefined)));
  }

  async #decide(): Promise<BypassReason | null> {
    const mine = await this.#mine();
    const { now } = this.context;
    if (mine === undefined || mine === null) {
      // What is not known is no reason to go without a cache. A database that did not answer is asked again.
      const renewAt = mine === null ? Number.POSITIVE_INFINITY : now() + RENEWAL;
      this.#state = { kind: "open", renewAt, until: Number.POSITIVE_INFINITY };
      return null;
    }
    const began = now();
    try {
      const holder = await this.#holder(mine, this.#state.kind === "open" && began < this.#state.until);
      if (holder === null) {
        this.#state = { kind: "open", renewAt: began + RENEWAL, until: began + VALIDITY };
        return null;
      }
      if (this.#state.kind !== "taken")
        this.context.warn("NAMESPACE_TAKEN", this.context.identity.explain(holder, mine));
      this.#state = { kind: "taken", renewAt: now() + RENEWAL / 2 };
      return "namespace-taken";
    } catch (error) {
      // A server that refuses to write refuses it to other databases' clients too: whose the namespace was, it still is.
      if (this.#state.kind === "open" && !(error instanceof StoreUnavailableError)) {
        this.#state = { kind: "open", renewAt: began + RENEWAL / 4, until: began + VALIDITY };
        return null;
      }
      return "unreachable";
    }
  }

  /** `undefined`: it has not answered. */
  async #mine(): Promise<string | null | undefined> {
    this.#identity ??= this.context.identity.learn();
    const identity = this.#identity;
    identity.catch(() => {
      if (this.#identity === identity) this.#identity = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE);
    });
    try {
      return await Promise.race([identity, impatience]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** `null`: the namespace is this database's now, or at least not certainly another's; else whose it is. */
  async #holder(mine: string, isContinuous: boolean): Promise<string | null> {
    const { store, identity, dropEverything } = this.context;
    const claim = (expected: string | null, value: string) => store.claim(expected, value, CLAIM_TTL);
    let seen: Claim = await claim(mine, mine);
    if (seen.value === null) {
      // Entries of whoever had it may be left. Not after a claim that was this database's all the time and got lost.
      if (!isContinuous) await dropEverything();
      seen = await claim(null, mine);
    }
    // Another one may be quicker at any step. Then that one's claim is what counts.
    for (let attempts = 0; attempts < 3; attempts++) {
      const held = seen.value ?? mine;
      const relation = held === mine ? "same" : identity.compare(held, mine);
      if (relation === "same") return null;
      if (relation === "other") {
        if (CLAIM_TTL - seen.remaining < SILENCE) return held;
        await dropEverything();
      }
      const wanted = relation === "compatible" ? held : mine;
      seen = await claim(held, wanted);
      if (seen.value === wanted) return null;
    }
    return seen.value;
  }
}
