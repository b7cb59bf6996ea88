import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { byReferenceSet } from "./naive/invalidation.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache, withEvercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

describe("a write to what few entries depend on", () => {
  /** What is read after it, where so many entries carry what it changed. */
  async function scenario(make: MakeSubject, entries: number) {
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const names = () =>
      Promise.all(
        Array.from({ length: entries }, async (_, i) => {
          const rows = await prisma.user.findMany({ orderBy: { id: "asc" }, take: i + 1 });
          return rows[0]?.name;
        }),
      );
    await names();
    await settled();
    await prisma.user.update({ where: { id: 1 }, data: { name: "new" } });
    return names();
  }

  test.each([1, 2, 3])("drops them (%i)", async (entries) => {
    expect(await scenario(evercache(), entries)).toEqual(Array.from({ length: entries }, () => "new"));
  });

  test("does not drop the only one in a naive cache that counts from two", async () => {
    const make = naive({ invalidation: byReferenceSet({ fewest: 2 }) });
    expect(await scenario(make, 1)).toEqual(["User 1"]);
    expect(await scenario(make, 2)).toEqual(["new", "new"]);
  });
});

test("a custom tag that one entry carries is invalidated", async () => {
  const { plain } = await hookedDatabase();
  const { cached, settled } = withEvercache(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
  const read = () => cached.user.findUnique({ where: { id: 1 }, cache: { tags: ["only"] } }).withCacheInfo();
  await read();
  await settled();
  expect((await read()).info.status).toBe("hit");
  expect(await cached.$cache.invalidate({ tags: ["only"] })).toEqual({ applied: true });
  expect((await read()).info).toMatchObject({ status: "miss", reason: "invalidated" });
});
