import { afterAll, expect, test } from "vitest";
import { startMachines } from "./machines.js";
import { MUTANTS } from "./mutants.js";
import { PROFILES } from "./profiles.js";
import { playMany } from "./run.js";

const MOST = 150_000;
const table: string[] = [];
afterAll(() => console.log(`schedules until the simulation saw what is wrong\n${table.join("\n")}`));

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "the simulation sees what is wrong with: %s",
  { timeout: 240_000 },
  async (name, { patches, hasNoEpoch, profile, from = 1 }) => {
    const machines = await startMachines(patches, !hasNoEpoch);
    const profiles = PROFILES.filter((each) => (profile === undefined ? !("l1" in each) : each.name === profile));
    const { failure } = await playMany(machines, from, MOST, profiles);
    expect(failure).not.toBeNull();
    const { schedules, outcome, seed, profile: its } = failure!;
    // For what it does, and not because the change made nonsense of it.
    expect(outcome.violation).not.toContain("threw");
    const where = ` from seed ${from} on, at ${seed} of "${its.name}"`;
    table.push(`${name.padEnd(52)}${schedules.toLocaleString("en").padStart(7)}${where}: ${outcome.violation}`);
  },
);

test("a patch that fits nowhere, or twice, is refused", async () => {
  const patch = { file: "judge.ts", find: "no such text", replace: "" };
  await expect(startMachines([patch])).rejects.toThrow("not exactly once in judge.ts: no such text");
  await expect(startMachines([{ ...patch, find: "const" }])).rejects.toThrow("not exactly once");
  await expect(startMachines([{ ...patch, file: "no-such-file.ts" }])).rejects.toThrow(
    "no source file no-such-file.ts",
  );
});
