import { expect, test } from "vitest";
import { startMachines } from "./machines.js";
import { explain, playMany } from "./run.js";

const SEED = Number(process.env["SIMULATION_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SIMULATION_RUNS"] ?? 100_000);

test(`no schedule of ${RUNS} breaks a promise`, { timeout: 240_000 + 10 * RUNS }, async () => {
  const machines = await startMachines();
  const { failure, schedules, steps, hits, seconds } = await playMany(machines, SEED, RUNS);
  expect(failure && (await explain(failure, machines))).toBeNull();
  // Nothing can be old where nothing comes from the cache.
  expect(hits).toBeGreaterThan(schedules / 2);
  console.log(
    `${schedules.toLocaleString("en")} schedules from seed ${SEED} in ${seconds.toFixed(1)} s: ` +
      `${steps.toLocaleString("en")} steps, ${hits.toLocaleString("en")} answers from the cache`,
  );
});
