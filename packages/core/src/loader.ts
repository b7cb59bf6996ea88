import type { Entry } from "./entry.js";
import type { Filler, FillContext } from "./filler.js";
import type { Moment } from "./l1/mirror.js";
import { areTokens } from "./narrowing.js";
import { allTags, type Answer, type ReadPlan } from "./read-plan.js";
import { holds } from "./seal/seal.js";
import type { Shareable } from "./shared-loads.js";
import type { TokenState } from "./token.js";

export interface LoadContext extends Pick<FillContext, "report" | "monotonicNow"> {
  /** Somebody wants to know how long things take. */
  readonly isHeard: () => boolean;
}

/** What the database said, as all who asked share it. */
export interface Loaded {
  readonly value: unknown;
  /** Null where the value cannot be encoded, and so cannot be shared. */
  readonly payload: Uint8Array | null;
  /** Where another process has loaded it. */
  readonly entry?: Entry;
}

/** What the database said, and what that told of its tags where the plan asks. */
type Asked = Pick<Answer<unknown>, "value"> | Answer<unknown>;

/** Asks the database, and has the answer stored. */
export class Loader {
  constructor(
    private readonly context: LoadContext,
    private readonly filler: Filler,
  ) {}

  /**
   * `tokens`: of all tags of the plan, as they were before the load; what came to memory `since`. `ended`: the framed entry in
   * whose place the result comes, where a write ended that.
   */
  async load(
    plan: ReadPlan<unknown>,
    tokens: readonly TokenState[],
    since: Moment,
    ended?: Uint8Array,
  ): Promise<Shareable<Loaded>> {
    const { answer, loadTime } = await this.ask(plan);
    const { value } = answer;

    const absent = value === null && plan.absentTags.length > 0;
    const stamps = absent ? absentStamps(plan, tokens) : tokens.slice(0, plan.tags.length);
    let payload: Uint8Array | null;
    const { isHeard, monotonicNow } = this.context;
    const encodingBegan = isHeard() ? monotonicNow() : null;
    try {
      payload = absent ? new Uint8Array() : plan.codec.encode(value);
    } catch (error) {
      this.filler.report(plan, "unencodable", 0, error);
      return { loaded: { value, payload: null }, stored: null };
    }
    const loaded = { value, payload };
    if (ended && holds(plan, ended, { absent, payload })) {
      const { source, key, tags } = plan;
      this.context.report({ type: "needless", ...source, key, tagCount: tags.length });
    }
    if (areTokens(stamps) && (value !== null || plan.keepsAbsent !== false)) {
      const encodeMilliseconds = encodingBegan === null ? undefined : monotonicNow() - encodingBegan;
      const contents = { absent, names: null, stamps, payload, loadTime, encodeMilliseconds };
      return { loaded, stored: this.filler.fill(plan, contents, answer, since) };
    }
    if (value === null && plan.keepsAbsent === false) this.filler.report(plan, "uncertain", 0);
    return { loaded, stored: null };
  }

  /** Stores nothing. `loadTime`: in milliseconds. */
  async ask(plan: ReadPlan<unknown>): Promise<{ readonly answer: Asked; readonly loadTime: number }> {
    const { source, key } = plan;
    const { report, monotonicNow } = this.context;
    const began = monotonicNow();
    try {
      const answer: Asked = plan.loadNarrow ? await plan.loadNarrow() : { value: await plan.load() };
      const loadTime = monotonicNow() - began;
      report({ type: "load", ...source, key, milliseconds: loadTime, rows: rowsIn(answer.value) });
      return { answer, loadTime };
    } catch (error) {
      report({ type: "load", ...source, key, milliseconds: monotonicNow() - began, rows: null, error });
      throw error;
    }
  }
}

function rowsIn(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return value === null ? 0 : 1;
}

/** `tokens`: those of all tags. */
function absentStamps(plan: ReadPlan<unknown>, tokens: readonly TokenState[]): readonly TokenState[] {
  const all = allTags(plan);
  return plan.absentTags.map((tag) => tokens[all.indexOf(tag)]!);
}
