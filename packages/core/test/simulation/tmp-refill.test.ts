import { expect, test } from "vitest";
import { startMachines } from "./machines.js";
import { PROFILES } from "./profiles.js";
import { explain, playMany } from "./run.js";


test("refilling profiles", { timeout: 1_000_000 }, async () => {
  const only = PROFILES.filter((profile) => "refills" in profile);
  const sane = await startMachines();
  const { failure, schedules, hits } = await playMany(sane, 1, 120_000, only);
  console.log(schedules, hits, failure && (await explain(failure, sane)));
  expect(failure).toBeNull();
});
