import { once } from "node:events";
import { cacheExtension } from "@evercache/prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../../setup/generated/postgresql/client.js";

// A small program that uses the cache, is done, disconnects, and must then end by itself.
// Arguments: the URL of the database, the URL of Redis. It says how far it is, and goes on with each line that it reads.

const [databaseUrl = "", redis = ""] = process.argv.slice(2);
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) }).$extends(
  cacheExtension({ redis, namespace: "program" }),
);

const step = async (name: string) => {
  process.stdout.write(`${name}\n`);
  await once(process.stdin, "data");
};

await prisma.user.findMany();
await step("has read");
await prisma.user.updateMany({ data: { name: "by the program" } });
await Promise.all([prisma.user.findMany(), prisma.user.count()]);
await step("has written");
process.stdin.destroy();
await prisma.$disconnect();
process.stdout.write("has disconnected\n");
