// The README's way, on PostgreSQL and Redis: a hit, an invalidation, a transaction; then the process ends by itself.
import assert from "node:assert/strict";
import { cacheExtension } from "@evercache/prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client.js";

const adapter = new PrismaPg({ connectionString: process.env["DATABASE_URL"] ?? "" });
const prisma = new PrismaClient({ adapter }).$extends(
  cacheExtension({ redis: process.env["REDIS_URL"] ?? "", namespace: "consumer", defaults: { ttl: "5m" } }),
);

const { id } = await prisma.user.create({ data: { email: "a@example.org", name: "before" } });
const read = () => prisma.user.findUniqueOrThrow({ where: { id } }).withCacheInfo();

// The first reads may come before the connection to Redis is there.
let first = await read();
for (const deadline = Date.now() + 10_000; first.info.status !== "hit" && Date.now() < deadline;) first = await read();
assert.equal(first.info.status, "hit");
assert.equal(first.data.name, "before");
assert.ok(first.data.createdAt instanceof Date);

await prisma.user.update({ where: { id }, data: { name: "after" } });
assert.equal((await read()).data.name, "after");
assert.equal((await read()).info.status, "hit");

await prisma.$transaction(async (tx) => {
  await tx.user.update({ where: { id }, data: { name: "inside" } });
  assert.equal((await tx.user.findUniqueOrThrow({ where: { id } })).name, "inside");
  assert.equal((await read()).data.name, "after");
});
assert.equal((await read()).data.name, "inside");

await prisma.$disconnect();
console.log("used");
