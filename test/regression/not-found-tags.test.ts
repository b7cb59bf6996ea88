import { expect, onTestFinished, test } from "vitest";
import { cacheExtension } from "@evercache/prisma";
import { redisUrl, testClient } from "../setup/client.js";

test("what was not found ends with the tags of its query, too", async () => {
  const { prisma: plain } = await testClient("sqlite");
  const namespace = `not-found-${process.pid}`;
  const cached = plain.$extends(cacheExtension({ redis: redisUrl(), namespace, deadline: "10s" }));
  onTestFinished(() => cached.$cache.disconnect());
  const find = () => cached.user.findUnique({ where: { email: "ada" }, cache: { tags: ["home"] } }).withCacheInfo();
  await find();
  await expect
    .poll(async () => (await find()).info)
    .toMatchObject({ status: "hit", tags: expect.arrayContaining(["#home"]) });
  await plain.user.create({ data: { email: "ada", name: "Ada" } });
  await cached.$cache.invalidate({ tags: ["home"] });
  expect((await find()).data).toMatchObject({ name: "Ada" });
});
