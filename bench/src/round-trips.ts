import { createFaultProxy } from "@evercache/testing";
import { Redis } from "ioredis";
import { median, report, rounded } from "./figures.js";
import { onWorkbench, ROWS, withCache, type Client } from "./workbench.js";

/*
 * How many round trips to Redis an operation waits for, and what it costs Redis. The round trips are measured, not
 * counted in the code: a proxy delays each reply, and what an operation takes longer, in units of that delay, is what it
 * waits for one after the other. The cost is the server's own processor time.
 */
const DELAY = 40;
const DELAYED = 25;
const COUNTED = 3000;

type Operation = (client: Client & Transacting, i: number) => PromiseLike<unknown>;
type Transacting = Pick<ReturnType<typeof withCache>, "$transaction">;

const id = (i: number) => (i % ROWS) + 1;
const hit: Operation = (client) => client.user.findUnique({ where: { id: 7 } });
const update: Operation = (client, i) => client.user.update({ where: { id: id(i) }, data: { name: String(i) } });
const transaction: Operation = (client, i) =>
  client.$transaction(async (tx) => {
    for (let n = 0; n < 3; n++) await tx.user.update({ where: { id: id(i + n) }, data: { name: String(i) } });
  });

const CASES: readonly [what: string, options: Parameters<typeof withCache>[2], operation: Operation][] = [
  ["hit", {}, hit],
  ["update, eventual", { consistency: "eventual" }, update],
  ["update, bounded", {}, update],
  ["update, bounded, awaitRelease: true", { awaitRelease: true }, update],
  ["update, strict", { consistency: "strict" }, update],
  ["transaction of 3 updates, bounded", {}, transaction],
  ["transaction of 3 updates, bounded, awaitRelease: true", { awaitRelease: true }, transaction],
];

await onWorkbench(async ({ redis, database }) => {
  const proxy = await createFaultProxy({ target: { port: redis.port } });
  const admin = new Redis(redis.url);
  const rows: Record<string, string | number>[] = [];

  const floor = new Redis(redis.url);
  await floor.set("floor", "x".repeat(200));
  const get = await microsecondsOfServer(admin, () => floor.get("floor"));
  const set = await microsecondsOfServer(admin, () => floor.set("floor", "x".repeat(200)));
  floor.disconnect();
  rows.push({ operation: "GET (floor)", "round trips": 1, "server µs": rounded(get, 1) });
  rows.push({ operation: "SET (floor)", "round trips": 1, "server µs": rounded(set, 1) });

  for (const [operation, options, run] of CASES) {
    const client = withCache(database.prisma, `redis://127.0.0.1:${proxy.port}`, {
      deadline: "10s",
      writeDeadline: "10s",
      ...options,
    });
    for (let i = 0; i < 50; i++) await run(client, i);
    const near = await milliseconds(client, run);
    proxy.delay(DELAY);
    const far = await milliseconds(client, run);
    proxy.delay(0);
    let i = 0;
    const server = await microsecondsOfServer(admin, () => run(client, i++));
    rows.push({ operation, "round trips": rounded((far - near) / DELAY, 1), "server µs": rounded(server, 1) });
    await client.$cache.disconnect();
    process.stderr.write(`${operation}\n`);
  }
  report("round-trips", rows);
  admin.disconnect();
  await proxy.close();
});

/** The median time of an operation, with nothing of the one before it still under way. */
async function milliseconds(client: Client & Transacting, run: Operation): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < DELAYED; i++) {
    const began = performance.now();
    await run(client, i);
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 3 * DELAY));
  }
  return median(times);
}

/** Processor time of the server, in all, by operation. */
async function microsecondsOfServer(admin: Redis, run: () => PromiseLike<unknown>): Promise<number> {
  const before = await processorTime(admin);
  for (let i = 0; i < COUNTED; i++) await run();
  return ((await processorTime(admin)) - before) / COUNTED;
}

async function processorTime(admin: Redis): Promise<number> {
  const info = await admin.info("cpu");
  const seconds = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]);
  return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6;
}
