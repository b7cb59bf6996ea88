import { QUARANTINED, type Tag, type TokenState } from "@evercache/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONG, useSubject, type MakeStore, type Subject } from "./subject.js";
import { ABSENT, change, keep, lapse, quarantine, replace, type TagModel } from "./tag-model.js";

const HOLDERS = ["a", "b", "c"] as const;
type Holder = (typeof HOLDERS)[number];

/** One call of the store; `tags` are bits, one per tag of the run. */
type Step =
  | { readonly call: "mint" | "rotate"; readonly tags: number }
  | { readonly call: "quarantine"; readonly holder: Holder; readonly tags: number }
  | { readonly call: "lapse"; readonly holder: Holder; readonly tags: number }
  | {
      readonly call: "release";
      readonly holder: Holder;
      readonly changed: number;
      readonly unchanged: number;
      /** Of `changed`, where a token of the tag was seen. */
      readonly replaced: number;
    };

const TAGS = 3;
const bits = fc.integer({ min: 1, max: 2 ** TAGS - 1 });
const anyBits = fc.integer({ min: 0, max: 2 ** TAGS - 1 });
const holder = fc.constantFrom(...HOLDERS);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ call: fc.constant("mint" as const), tags: bits }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("rotate" as const), tags: bits }) },
  { weight: 4, arbitrary: fc.record({ call: fc.constant("quarantine" as const), holder, tags: bits }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("lapse" as const), holder, tags: bits }) },
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant("release" as const),
      holder,
      changed: anyBits,
      unchanged: anyBits,
      replaced: anyBits,
    }),
  },
);

export function randomContract(makeStore: MakeStore): void {
  describe("any sequence of calls", () => {
    const subject = useSubject(makeStore);

    it("leaves each tag as the promises say", { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 25 }), async (steps) => {
          const run = new Run(subject());
          for (const next of steps) await run.take(next);
        }),
        { numRuns: 80 },
      );
    });
  });
}

class Run {
  readonly #tags: readonly Tag[];
  readonly #models: TagModel[];
  /** Every token that was ever seen: none of them is ever minted again. */
  readonly #seen = new Set<string>();
  readonly #last = new Map<number, string>();

  constructor(private readonly subject: Subject) {
    this.#tags = subject.tags(TAGS);
    this.#models = this.#tags.map(() => ABSENT);
  }

  async take(step: Step): Promise<void> {
    const { store } = this.subject;
    const expected = [...this.#models];
    /** Tags whose token may be dropped without need: a store may take a late "unchanged" for a lost lease. */
    const droppable = new Set<number>();
    switch (step.call) {
      case "mint": {
        const chosen = this.#choose(step.tags);
        const minted = await store.mint(
          chosen.map((i) => this.#tags[i]!),
          chosen.map(() => LONG),
        );
        for (const [place, i] of chosen.entries()) expected[i] = this.#minted(i, minted[place]!);
        break;
      }
      case "rotate":
        await store.rotate(this.#named(step.tags));
        for (const i of this.#choose(step.tags)) expected[i] = change(expected[i]!, null);
        break;
      case "quarantine":
        await store.quarantine(step.holder, this.#named(step.tags), LONG);
        for (const i of this.#choose(step.tags)) expected[i] = quarantine(expected[i]!, step.holder);
        break;
      case "lapse":
        for (const i of this.#choose(step.tags)) {
          const model = expected[i]!;
          // Whoever holds a long lease already keeps it: a renewal may lengthen, and need not shorten.
          if (model.kind === "lock" && model.holders.has(step.holder)) continue;
          await this.subject.lapse(step.holder, this.#tags[i]!);
          expected[i] = lapse(quarantine(model, step.holder), step.holder);
        }
        break;
      case "release": {
        const changed = this.#choose(step.changed);
        const unchanged = this.#choose(step.unchanged).filter((i) => !changed.includes(i));
        const tokens = new Map(this.#choose(step.changed & step.replaced).flatMap((i) => this.#drawn(i)));
        await store.release(step.holder, {
          changed: this.#named(step.changed),
          unchanged: this.#named(step.unchanged),
          replaced: [...tokens].map(([i, token]) => {
            const tag = this.#tags[i]!;
            return { tag, guard: tag, token, lifetime: LONG };
          }),
        });
        for (const i of changed) {
          const token = tokens.get(i);
          expected[i] =
            token === undefined ? change(expected[i]!, step.holder) : replace(expected[i]!, step.holder, token);
        }
        for (const i of unchanged) {
          if (expected[i]!.kind === "token") droppable.add(i);
          expected[i] = keep(expected[i]!, step.holder);
        }
        break;
      }
      default:
        step satisfies never;
    }
    await this.#compare(expected, droppable);
  }

  async #compare(expected: readonly TagModel[], droppable: ReadonlySet<number>): Promise<void> {
    const { tokens } = await this.subject.store.lookup(this.subject.key(), this.#tags);
    for (const [i, model] of expected.entries()) {
      const dropped = droppable.has(i) && tokens[i] === null;
      if (!dropped) expect(tokens[i]).toBe(stateOf(model));
      this.#models[i] = dropped ? ABSENT : model;
    }
  }

  #minted(i: number, state: TokenState): TagModel {
    const model = this.#models[i]!;
    if (model.kind !== "absent") {
      expect(state).toBe(stateOf(model));
      return model;
    }
    expect(state).toBeTypeOf("string");
    const token = state as string;
    expect(this.#seen.has(token)).toBe(false);
    this.#seen.add(token);
    this.#last.set(i, token);
    return { kind: "token", token };
  }

  #drawn(i: number): [number, string][] {
    const like = this.#last.get(i);
    const token = like === undefined ? undefined : this.subject.store.draw?.(like);
    if (token === undefined) return [];
    expect(this.#seen.has(token)).toBe(false);
    this.#seen.add(token);
    return [[i, token]];
  }

  #choose(mask: number): number[] {
    return this.#tags.map((_, i) => i).filter((i) => (mask & (1 << i)) !== 0);
  }

  #named(mask: number): Tag[] {
    return this.#choose(mask).map((i) => this.#tags[i]!);
  }
}

function stateOf(model: TagModel): TokenState {
  switch (model.kind) {
    case "absent":
      return null;
    case "token":
      return model.token;
    case "lock":
      return QUARANTINED;
    default:
      return model satisfies never;
  }
}
