import { configureGlobal } from "fast-check";

// The same random cases in every run, so that a red build is a change's own fault. EVERCACHE_TEST_SEED=random, or a
// number, looks for new ones: what that finds gets a test of its own.
const seed = process.env["EVERCACHE_TEST_SEED"] ?? "20261121";
if (seed !== "random") {
  if (!/^\d+$/.test(seed)) throw new Error(`EVERCACHE_TEST_SEED is a number or "random", not "${seed}"`);
  configureGlobal({ seed: Number(seed) });
}
