import type { Policy, QueryKind } from "../policy/policy.js";
import { AdaptiveSwitch, type AdaptiveChange, type AdaptiveLimits, type Switched } from "./adaptive-switch.js";

/** Off where more results are dropped than hit, once that is seen of enough reads to be no accident. */
export const OWN_LIMITS: AdaptiveLimits = {
  minHitRatio: 0.5,
  window: 10_000,
  minReads: 100,
  offFor: 30_000,
  maxOffFor: 300_000,
};

/** The switches of one process: one for each model and kind of query that has been read. */
export class AdaptiveSwitches {
  readonly #known = { single: new Map<string, AdaptiveSwitch>(), list: new Map<string, AdaptiveSwitch>() };

  constructor(
    private readonly now: () => number,
    private readonly onChange: (change: Switched & AdaptiveChange) => void,
  ) {}

  /** Undefined: such reads are never switched off. `policy`: that of the model's queries of this kind. */
  of(policy: Policy, model: string, kind: QueryKind): AdaptiveSwitch | undefined {
    const limits = limitsOf(policy, kind);
    if (limits === false) return undefined;
    const known = this.#known[kind].get(model);
    if (known) return known;
    const added = new AdaptiveSwitch(limits, this.now, (change) => this.onChange({ model, kind, ...change }));
    this.#known[kind].set(model, added);
    return added;
  }
}

function limitsOf({ adaptive, staleIfError, stampede }: Policy, kind: QueryKind): AdaptiveLimits | false {
  // Of use however seldom there is a hit: what is kept for when the database cannot be reached, and loads that all share.
  if (staleIfError !== undefined || stampede) return false;
  return adaptive ?? (kind === "list" && OWN_LIMITS);
}
