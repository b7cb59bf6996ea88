import { createGate } from "@evercache/testing";
import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import type { PrismaClient } from "../setup/generated/postgresql/client.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { withEvercache } from "./support/evercache.js";
import { ownNamespace, type SubjectPlace } from "./support/subject.js";

/** Reads a user, and says whether that came from the cache. */
type ReadStatus = (id: number) => Promise<string | null>;

describe("a query that is told where its result came from", () => {
  async function scenario(
    make: (plain: PrismaClient, place: SubjectPlace) => { read: ReadStatus; settled: () => Promise<void> },
  ) {
    const { plain, hooks } = await hookedDatabase();
    const { read, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    await read(1);
    await settled();
    const gate = createGate();
    hooks.after = (sql) => (/^SELECT .*"users"/s.test(sql) ? gate.pass() : undefined);
    const missing = read(2);
    await gate.arrived;
    const hit = await read(1);
    gate.open();
    return [hit, await missing];
  }

  test("is told so of itself, whatever ran meanwhile", async () => {
    const statuses = await scenario((plain, place) => {
      const { cached, settled } = withEvercache(plain, place);
      return {
        settled,
        read: async (id) => (await cached.user.findUnique({ where: { id } }).withCacheInfo()).info.status,
      };
    });
    expect(statuses).toEqual(["hit", "miss"]);
  });

  test("is told of another one by a naive cache", async () => {
    const statuses = await scenario((plain, place) => {
      const shared = { status: null };
      const { prisma, settled } = naive({}, shared)(plain, place);
      return {
        settled,
        read: async (id) => {
          await prisma.user.findUnique({ where: { id } });
          return shared.status;
        },
      };
    });
    expect(statuses).toEqual(["hit", "hit"]);
  });

  test("is told so among many, hits and misses and what goes past the cache", async () => {
    const { plain } = await hookedDatabase();
    const { cached, settled } = withEvercache(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    await Promise.all([1, 2].map((id) => cached.user.findUnique({ where: { id } })));
    await settled();
    const found = await Promise.all(
      [1, 3, 2, 4, 1].map(async (id, i) => {
        const { info, data } = await cached.user
          .findUnique({ where: { id }, cache: i === 4 ? false : {} })
          .withCacheInfo();
        return [data?.id, info.status, info.reason];
      }),
    );
    expect(found).toEqual([
      [1, "hit", null],
      [3, "miss", "absent"],
      [2, "hit", null],
      [4, "miss", "absent"],
      [1, "bypass", "query"],
    ]);
  });
});
