// What was written for Accelerate, with another import: a hit, a tag that is dropped; then the process ends by itself.
import assert from "node:assert/strict";
import { withAccelerate, type AccelerateInfo } from "@evercache/prisma/accelerate";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client.js";

const adapter = new PrismaPg({ connectionString: process.env["DATABASE_URL"] ?? "" });
const prisma = new PrismaClient({ adapter }).$extends(
  withAccelerate({ redis: process.env["REDIS_URL"] ?? "", namespace: "consumer-accelerate", fetch }),
);

const { id } = await prisma.user.create({ data: { email: "accelerate@example.org", name: "before" } });
const read = async (): Promise<AccelerateInfo["cacheStatus"] | undefined> => {
  const find = prisma.user.findUniqueOrThrow({ where: { id }, cacheStrategy: { ttl: 60, tags: ["users"] } });
  return (await find.withAccelerateInfo()).info?.cacheStatus;
};

// The first reads may come before the connection to Redis is there.
let status = await read();
for (const deadline = Date.now() + 10_000; status !== "ttl" && Date.now() < deadline;) status = await read();
assert.equal(status, "ttl");
await prisma.$accelerate.invalidate({ tags: ["users"] });
assert.equal(await read(), "miss");

await prisma.$disconnect();
console.log("used");
