import { expect, test } from "vitest";
import { Choices } from "./choices.js";
import { startMachines } from "./machines.js";
import { PROFILES } from "./profiles.js";
import { explain, playMany } from "./run.js";
import { play } from "./schedule.js";

const SEED = Number(process.env["SIMULATION_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SIMULATION_RUNS"] ?? 3000);

test(`no schedule of ${RUNS} breaks a promise`, { timeout: 240_000 + 10 * RUNS }, async () => {
  const machines = await startMachines();
  const { failure, schedules, steps, hits, l1Hits, seconds } = await playMany(machines, SEED, RUNS);
  expect(failure && (await explain(failure, machines))).toBeNull();
  console.log(
    `${schedules.toLocaleString("en")} schedules from seed ${SEED} in ${seconds.toFixed(1)} s: ` +
      `${steps.toLocaleString("en")} steps, ${hits.toLocaleString("en")} answers from the cache, ` +
      `${l1Hits.toLocaleString("en")} of them in memory`,
  );
  // Nothing can be old where nothing comes from the cache.
  if (RUNS >= 1000) expect(hits).toBeGreaterThan(schedules / 2);
  if (RUNS >= 1000) expect(l1Hits).toBeGreaterThan(schedules / 10);
});

test.each(PROFILES)("a seed is a schedule, and so are the choices that were drawn from it: $name", async (profile) => {
  const machines = await startMachines();
  const first = await play(profile, new Choices({ seed: 7 }), machines, true);
  const again = await play(profile, new Choices({ seed: 7 }), machines, true);
  const replayed = await play(profile, new Choices({ replay: first.choices }), machines, true);
  const other = await play(profile, new Choices({ seed: 8 }), machines, true);
  expect(first.log.length).toBeGreaterThan(10);
  expect(again).toEqual(first);
  expect(replayed).toEqual(first);
  expect(other.log).not.toEqual(first.log);
});
