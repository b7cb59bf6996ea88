import { expect, test } from "vitest";
import { cacheExtension } from "@evercache/prisma";
import { redisUrl, testClient } from "../setup/client.js";

test("a key in another spelling, which Prisma loses among others that are asked at once, is found", async () => {
  const { prisma: plain } = await testClient("mysql");
  const cached = plain.$extends(
    cacheExtension({ redis: redisUrl(), namespace: `spelling-${process.pid}`, deadline: "10s" }),
  );
  await plain.user.create({ data: { email: "k1", name: "one" } });
  const find = (email: string) => cached.user.findUnique({ where: { email } });
  for (const row of await Promise.all([find("k1"), find("K1")])) expect(row).toMatchObject({ name: "one" });
  expect(await find("K1")).toMatchObject({ name: "one" });
  expect(await find("k2")).toBeNull();
  await cached.$disconnect();
});
