import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { createDatabase, startDatabases } from "../../test/setup/databases.js";
import { generateClients } from "../../test/setup/generate.js";
import { startRedis } from "../../test/setup/redis.js";
import { median, report, rounded } from "./figures.js";
import type { Job, Result } from "./ycsb/run.js";
import { SUBJECTS, type SubjectName } from "./ycsb/subjects.js";
import { PARENTS, ROWS, WORKLOADS, type Workload } from "./ycsb/workload.js";

/*
 * A mix of reads and writes as in YCSB (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010): how
 * much of it does the database still have to answer, how fast is it, and was any answer older than what had been
 * acknowledged? Each run is a process of its own on an empty Redis and a new table. The subjects take turns in each round,
 * so that a machine which gets slower does so for all.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    operations: { type: "string", default: "20000" },
    subject: { type: "string" },
    workload: { type: "string" },
  },
});
const ROUNDS = Number(values.rounds);
const MEASURED = Number(values.operations);
const WARM_UP = MEASURED / 4;
const IN_FLIGHT = 32;
const MOST_QUERIES_PER_READ = 0.15;
const LEAST_TIMES_FEWER = 3;

const subjects = (Object.keys(SUBJECTS) as SubjectName[]).filter((name) => name === (values.subject ?? name));
const workloads = WORKLOADS.filter(({ name }) => name === (values.workload ?? name));
const results = new Map<string, Result[]>();

await generateClients();
const [{ addresses, stop }, redis] = await Promise.all([startDatabases({ withoutMysql: "proceed" }), startRedis()]);
try {
  const { provider, url } = await createDatabase(addresses, "postgresql");
  const admin = new Redis(redis.url);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const workload of workloads) {
      for (const subject of subjects) {
        await admin.flushall();
        const settings = { inFlight: IN_FLIGHT, warmUp: WARM_UP, measured: MEASURED, redisUrl: redis.url };
        const result = await runInProcess({ subject, workload, seed: round, database: { provider, url }, ...settings });
        resultsOf(workload, subject).push(result);
        const speed = `${Math.round(result.opsPerSecond)} operations/s`;
        process.stderr.write(`round ${round} of ${ROUNDS}, ${workload.name}, ${subject}: ${speed}\n`);
      }
    }
  }
  admin.disconnect();
} finally {
  await Promise.allSettled([redis.stop(), stop()]);
}

console.log(
  `${ROWS} rows below ${PARENTS} parents, ${IN_FLIGHT} in flight. Warmed by each row and each list once, then ` +
    `${WARM_UP} operations; then ${MEASURED} are measured. Medians of ${ROUNDS} rounds; stale answers of all rounds.`,
);
report(
  "ycsb",
  workloads.flatMap((workload) => subjects.map((subject) => row(workload, subject))),
);
const [ours, byModel] = [queriesPerRead("evercache"), queriesPerRead("evercache, by model")];
console.log(
  `${WORKLOADS[0].name}: ${rounded(ours, 3)} database queries per read (at most ${MOST_QUERIES_PER_READ}), ` +
    `${rounded(byModel / ours, 1)} times fewer than by model (at least ${LEAST_TIMES_FEWER})`,
);

function queriesPerRead(subject: SubjectName): number {
  return figure(resultsOf(WORKLOADS[0], subject), "queriesPerRead");
}

function resultsOf(workload: Workload, subject: SubjectName): Result[] {
  const key = `${workload.name} ${subject}`;
  const known = results.get(key);
  if (known) return known;
  const fresh: Result[] = [];
  results.set(key, fresh);
  return fresh;
}

function figure(of: readonly Result[], name: keyof Result): number {
  return median(of.map((result) => result[name]));
}

function row(workload: Workload, subject: SubjectName) {
  const all = resultsOf(workload, subject);
  const sum = (name: "reads" | "stale") => all.reduce((total, result) => total + result[name], 0);
  return {
    workload: workload.name,
    subject,
    "queries/read": rounded(figure(all, "queriesPerRead"), 3),
    "hit ratio": rounded(figure(all, "hitRatio"), 3),
    bypassed: rounded(figure(all, "bypassRatio"), 3),
    "ops/s": Math.round(figure(all, "opsPerSecond")),
    "read p50 ms": rounded(figure(all, "readP50")),
    "read p99 ms": rounded(figure(all, "readP99")),
    "write p50 ms": rounded(figure(all, "writeP50")),
    "write p99 ms": rounded(figure(all, "writeP99")),
    reads: sum("reads"),
    stale: sum("stale"),
  };
}

function runInProcess(job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("ycsb/run.ts", import.meta.url)));
    let result: Result | undefined;
    child.on("message", (message) => {
      result = message as Result;
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (result && code === 0) resolve(result);
      else reject(new Error(`${job.subject}, ${job.workload.name}: ended with code ${code}`));
    });
    child.send(job);
  });
}
