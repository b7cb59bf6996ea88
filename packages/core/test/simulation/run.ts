import * as fc from "fast-check";
import { Choices } from "./choices.js";
import { PROFILES, type Profile } from "./profiles.js";
import { play, type Outcome } from "./schedule.js";
import type { Machines } from "./world.js";

/** A schedule that broke a promise. */
export interface Failure {
  readonly profile: Profile;
  readonly seed: number;
  /** How many schedules were played, this one included. */
  readonly schedules: number;
  readonly outcome: Outcome;
}

export interface Run {
  readonly failure: Failure | null;
  readonly schedules: number;
  readonly steps: number;
  readonly hits: number;
  /** Of those, in the memory of the process. */
  readonly l1Hits: number;
  readonly seconds: number;
}

/**
 * Plays the schedules of the seeds from `seed` on, which stand for all profiles in turn, until one fails or there were
 * `most` of them.
 */
export async function playMany(
  machines: Machines,
  seed: number,
  most: number,
  profiles: readonly Profile[] = PROFILES,
): Promise<Run> {
  const began = performance.now();
  let steps = 0;
  let hits = 0;
  let l1Hits = 0;
  let failure: Failure | null = null;
  let schedules = 0;
  while (schedules < most && !failure) {
    const its = seed + schedules++;
    const profile = profiles[its % profiles.length]!;
    const outcome = await play(profile, new Choices({ seed: its }), machines);
    steps += outcome.steps;
    hits += outcome.hits;
    l1Hits += outcome.l1Hits;
    if (outcome.violation !== null) failure = { profile, seed: its, schedules, outcome };
    // The simulation lives between two ticks; the process that it runs in has a life of its own.
    if (schedules % 100 === 0) await new Promise(setImmediate);
  }
  return { failure, schedules, steps, hits, l1Hits, seconds: (performance.now() - began) / 1000 };
}

/** The same failure with as few and as small choices as fast-check can make of it, and what happened then. */
export async function explain({ profile, seed, outcome }: Failure, machines: Machines): Promise<string> {
  const replay = (choices: readonly number[], isLogged = false) =>
    play(profile, new Choices({ replay: choices }), machines, isLogged);
  const property = fc.asyncProperty(
    fc.array(fc.nat({ max: 255 }), { maxLength: outcome.choices.length }),
    async (choices) => (await replay(choices)).violation === null,
  );
  const { counterexample } = await fc.check(property, {
    examples: [[[...outcome.choices]]],
    numRuns: 1,
    interruptAfterTimeLimit: 20_000,
  });
  const choices = counterexample?.[0] ?? outcome.choices;
  const shortest = await replay(choices, true);
  return [
    `${profile.name}: ${shortest.violation ?? outcome.violation}`,
    `SIMULATION_SEED=${seed} SIMULATION_RUNS=1 plays it again. With fewer choices, ${choices.join()}:`,
    ...shortest.log,
  ].join("\n");
}
