import { expect, test } from "vitest";
import { cacheExtension } from "@evercache/prisma";
import { redisUrl, testClient } from "../setup/client.js";

test("an undefined choice in omit shows the column that the client omits, to its own caller alone", async () => {
  const { prisma: plain } = await testClient("sqlite", { omit: { user: { email: true } } });
  await plain.user.create({ data: { email: "secret@example.com", name: "one" } });
  const cached = plain.$extends(
    cacheExtension({ redis: redisUrl(), namespace: `omit-${process.pid}`, deadline: "10s" }),
  );
  const choice = { omit: { email: undefined as never } };
  for (let i = 0; i < 2; i++) {
    expect(await cached.user.findFirst(choice)).toEqual(await plain.user.findFirst(choice));
    expect(await cached.user.findFirst({ omit: {} })).toEqual(await plain.user.findFirst({ omit: {} }));
    expect(await cached.user.findFirst()).not.toHaveProperty("email");
  }
  expect(await cached.$cache.explain(cached.user.findFirst(choice))).toMatchObject({
    verdict: "bypass",
    reason: "uncacheable: undefined in omit",
  });
  await cached.$disconnect();
});
