import { removeFolder, temporaryFolder } from "../setup/child-server.js";
import { Database } from "./database.js";
import { CLUSTER_PHASES } from "./faults/cluster.js";
import { SENTINEL_PHASES } from "./faults/sentinel.js";
import { STANDALONE_PHASES } from "./faults/standalone.js";
import { Fleet } from "./fleet.js";
import { generateClient } from "./generate.js";
import { parseOptions, USAGE, type Options } from "./options.js";
import type { Phase, Topology } from "./phase.js";
import { table, tellPhase } from "./report.js";
import { failuresOf, summarize, type PhaseResult } from "./result.js";
import { runPhase } from "./run-phase.js";
import { startServers } from "./servers.js";

/** Milliseconds of a phase that are not under load: preparation, settling, judgement. */
const AROUND = 4_000;
const LEAST_TIME = 2_000;

const PHASES: Record<Topology, readonly Phase[]> = {
  standalone: STANDALONE_PHASES,
  sentinel: SENTINEL_PHASES,
  cluster: CLUSTER_PHASES,
};

function phasesOf({ topology, phases }: Options): Phase[] {
  const all = PHASES[topology];
  const unknown = phases.filter((name) => !all.some((phase) => phase.name === name));
  if (unknown.length > 0)
    throw new Error(`no phase ${unknown.join()}; there are ${all.map(({ name }) => name).join()}`);
  return all.filter(({ name }) => phases.length === 0 || phases.includes(name));
}

async function main(options: Options, phases: readonly Phase[]): Promise<PhaseResult[]> {
  await generateClient();
  const folder = temporaryFolder("consistency");
  const [database, servers] = await Promise.all([Database.start(), startServers(options.topology)]);
  const fleet = new Fleet(options.workers);
  const time = Math.max(LEAST_TIME, (options.minutes * 60_000) / phases.length - AROUND);
  const results: PhaseResult[] = [];
  try {
    for (const phase of phases) {
      const result = await runPhase(phase, { ...options, database, servers, fleet, folder, time });
      results.push(result);
      console.log(tellPhase(result));
      if (failuresOf(result).length === 0) removeFolder(result.logFolder);
    }
  } finally {
    await fleet.stop();
    await Promise.all([servers.stop(), database.stop()]);
    // What is left are the logs of phases that failed.
    if (results.every((result) => failuresOf(result).length === 0)) removeFolder(folder);
  }
  return results;
}

let options: Options;
let phases: readonly Phase[];
try {
  options = parseOptions(process.argv.slice(2));
  phases = phasesOf(options);
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
const results = await main(options, phases);
const { level, topology, workers, readers, seed } = options;
console.log(`\n${table(results)}\n`);
console.log(JSON.stringify({ level, topology, workers, readers, seed, ...summarize(results) }));
process.exitCode = results.some((result) => failuresOf(result).length > 0) ? 1 : 0;
