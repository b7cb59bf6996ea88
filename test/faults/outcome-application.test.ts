import { describe, expect, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { Prisma } from "../setup/generated/postgresql/client.js";
import { cacheBefore, ownRedis } from "./support/world.js";

const RENAMED = { where: { id: 1 }, data: { name: "new" } } as const;

/** A cached client whose `extend` stands between the cache and the database. */
async function shop() {
  const redis = await ownRedis();
  const { plain } = await hookedDatabase();
  const writer = cacheBefore(plain, redis.url, { lease: "1s", ambiguousLease: "3s" });
  await writer.untilHit(1);
  const nameInDatabase = async () => (await plain.user.findUnique({ where: { id: 1 } }))?.name;
  return { plain, writer, nameInDatabase };
}

describe("an error of the application itself", () => {
  test("in an interactive transaction, whatever it is: nothing is written, and nothing stays locked", async () => {
    const { writer, nameInDatabase } = await shop();
    const errors = [new Error("no"), "a string", undefined];
    for (const error of errors) {
      const transaction = writer.cached.$transaction(async (tx) => {
        await tx.user.update(RENAMED);
        throw error;
      });
      await expect(
        transaction.then(
          () => "committed",
          (reason: unknown) => [reason],
        ),
      ).resolves.toEqual([error]);
    }
    expect(await nameInDatabase()).toBe("User 1");
    expect(writer.cached.$cache.stats().writes.held).toBe(0);
    expect((await writer.user(1)).info.status).not.toBe("bypass");
  });

  test("of an extension before the cache, after the write: the write is known to be done", async () => {
    const redis = await ownRedis();
    const { plain } = await hookedDatabase();
    const failing = plain.$extends({
      query: {
        user: {
          async update({ args, query }) {
            await query(args);
            throw new Error("after");
          },
        },
      },
    });
    const writer = cacheBefore(failing as unknown as typeof plain, redis.url);
    await writer.untilHit(1);
    await expect(writer.cached.user.update(RENAMED)).rejects.toThrow("after");
    expect(writer.seen("release").at(-1)).not.toMatchObject({ outcome: "held" });
    expect(await writer.nameOf(1)).toBe("new");
  });

  test("of an extension's $transaction, after the commit: it is not taken for the commit's", async () => {
    const redis = await ownRedis();
    const { plain } = await hookedDatabase();
    const audited = plain.$extends({
      client: {
        async $transaction(this: unknown, ...args: unknown[]) {
          const parent = plain as unknown as { $transaction(...input: unknown[]): Promise<unknown> };
          const result = await parent.$transaction.apply(Prisma.getExtensionContext(this), args);
          for (let i = 0; i < 2; i++) await plain.tag.create({ data: { id: 1, name: "audit" } });
          return result;
        },
      },
    });
    const writer = cacheBefore(audited as unknown as typeof plain, redis.url);
    await writer.untilHit(1);
    const audits = writer.cached.$transaction((tx) => tx.user.update(RENAMED));
    await expect(audits).rejects.toMatchObject({ code: "P2002" });
    expect(await writer.nameOf(1)).toBe("new");
  });

  test.each(["before", "after"])(
    "of an extension after the cache, %s the write: it is around the cache",
    async (when) => {
      const { writer, nameInDatabase } = await shop();
      const extended = writer.cached.$extends({
        query: {
          user: {
            async update({ args, query }) {
              if (when === "after") await query(args);
              throw new Error(when);
            },
          },
        },
      });
      await expect(extended.user.update(RENAMED)).rejects.toThrow(when);
      expect(await nameInDatabase()).toBe(when === "after" ? "new" : "User 1");
      expect(writer.cached.$cache.stats().writes.held).toBe(0);
      const { data, info } = await writer.user(1);
      expect({ name: data?.name, status: info.status }).toEqual(
        when === "after" ? { name: "new", status: "miss" } : { name: "User 1", status: "hit" },
      );
    },
  );
});
