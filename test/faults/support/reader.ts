import { cacheExtension } from "@evercache/prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../../setup/generated/postgresql/client.js";

// Reads one row again and again from its memory. Arguments: the URL of the database, the URL of Redis.
// For each name it tells, in lines of JSON, when the last read began that saw it, in milliseconds of the clock that all
// processes of the machine share.

const [databaseUrl = "", redis = ""] = process.argv.slice(2);
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) }).$extends(
  cacheExtension({ redis, namespace: "shop", defaults: { l1: true } }),
);
const clock = () => Number(process.hrtime.bigint()) / 1e6;

const BATCH = 500;

let seen: { name: string | null; tier: string; last: number; reads: number } | undefined;
for (;;) {
  const began = clock();
  const { data, info } = await prisma.user.findUnique({ where: { id: 1 } }).withCacheInfo();
  const name = data?.name ?? null;
  if (seen?.name !== name) {
    if (seen) process.stdout.write(`${JSON.stringify({ type: "saw", ...seen })}\n`);
    seen = { name, tier: info.tier, last: began, reads: 0 };
  }
  seen.last = began;
  if (++seen.reads % BATCH !== 0) continue;
  process.stdout.write(`${JSON.stringify({ type: "sees", name, tier: info.tier })}\n`);
  // Messages are heard between two batches alone: should the process stand still within one, it goes on with results from
  // memory, and has heard nothing.
  await new Promise(setImmediate);
}
