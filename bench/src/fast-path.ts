import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { cacheExtension } from "@evercache/prisma";
import { connectClient } from "../../test/setup/connect.js";
import { createSqlite, type TestDatabase } from "../../test/setup/databases.js";
import { generateClients } from "../../test/setup/generate.js";
import { median, report, rounded } from "./figures.js";

/*
 * What a hit of one row in process memory costs from the application's call until it has the row, 32 in flight, and how
 * much of it lies before the cache is asked: beside a method and a query extension that return a constant.
 */
const IN_FLIGHT = 32;
const ROUNDS = 60;
const CALLS = 4096;
const WARM_UP = 15;

type Call = (n: number) => PromiseLike<unknown>;

await generateClients();
const file = path.join(tmpdir(), `evercache-fast-path-${process.pid}.db`);
await createSqlite(`file:${file}`);
const { prisma, close } = await connectClient({ provider: "sqlite", url: `file:${file}` } as TestDatabase);
await prisma.country.create({ data: { code: "AT", name: "Austria" } });
const row = await prisma.country.findUniqueOrThrow({ where: { code: "AT" } });
const defaults = { ttl: "1h" } as const;
const fast = prisma.$extends(cacheExtension({ defaults }));
const hooked = prisma.$extends(cacheExtension({ defaults, fastPath: false }));
const method = prisma.$extends({ model: { country: { findUnique: async (args: unknown) => args && row } } });
const query = prisma.$extends({ query: { country: { findUnique: async () => row } } });

const WHERE = () => ({ where: { code: "AT" } });
const CASES: Readonly<Record<string, Call>> = {
  "a method that returns a constant": () => method.country.findUnique(WHERE()),
  "a query extension that returns a constant": () => query.country.findUnique(WHERE()),
  "the fast path": () => fast.country.findUnique(WHERE()),
  "the query hook (fastPath: false)": () => hooked.country.findUnique(WHERE()),
};

await fast.country.findUnique(WHERE());
await hooked.country.findUnique(WHERE());
const only = process.argv[2];
const times = new Map<string, number[]>();
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  for (const [name, call] of Object.entries(CASES)) {
    if (only !== undefined && !name.includes(only)) continue;
    const microseconds = await microsecondsOf(call);
    if (round < WARM_UP) continue;
    const samples = times.get(name) ?? [];
    samples.push(microseconds);
    times.set(name, samples);
  }
}
report(
  "fast-path",
  [...times].map(([name, samples]) => ({
    read: name,
    µs: rounded(median(samples)),
    "best µs": rounded(Math.min(...samples)),
    "per second": Math.round(1e6 / median(samples)),
  })),
);
await fast.$cache.disconnect();
await hooked.$cache.disconnect();
await close();
rmSync(file, { force: true });

async function microsecondsOf(call: Call): Promise<number> {
  const began = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < CALLS) await call(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return ((performance.now() - began) * 1000) / CALLS;
}
