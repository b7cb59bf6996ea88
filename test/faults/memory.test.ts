import { describe, expect, test } from "vitest";
import { READS, seededRandom } from "../integration/shop-queries.js";
import { sameByType } from "../integration/same-by-type.js";
import { WRITES } from "../integration/shop-writes.js";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, ownRedis, PATIENCE } from "./support/world.js";

const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

describe("Redis that is full", () => {
  test("and evicts nothing: writes invalidate as ever, what is valid is served, nothing new is stored", async () => {
    const redis = await ownRedis("--maxmemory-policy", "noeviction");
    const admin = adminOf(redis);
    const { plain } = await hookedDatabase();
    const { cached, user, nameOf, rename, untilHit, seen } = cacheBefore(plain, redis.url, PATIENT);
    for (const id of [1, 2, 3]) await untilHit(id);
    await admin.config("SET", "maxmemory", "1");

    expect((await user(1)).info.status).toBe("hit");
    await rename(1, "full");
    await cached.$transaction((tx) => tx.user.update({ where: { id: 2 }, data: { name: "full, too" } }));
    expect([await nameOf(1), await nameOf(2)]).toEqual(["full", "full, too"]);
    expect([await nameOf(1), await nameOf(2)]).toEqual(["full", "full, too"]);
    // The row that nobody wrote to is served still; new tokens and entries are refused.
    expect((await user(3)).info.status).toBe("hit");
    expect((await user(4)).info).toMatchObject({ status: "bypass", reason: "unreachable" });
    expect(cached.$cache.stats().writes).toMatchObject({ quarantineRefused: 0, releaseRefused: 0 });
    expect(seen("breaker")).toEqual([]);

    await admin.config("SET", "maxmemory", "0");
    for (const id of [1, 2, 4]) await untilHit(id);
    expect([await nameOf(1), await nameOf(2)]).toEqual(["full", "full, too"]);
  });

  test("while a result is on its way: the fill is refused, and is an event", async () => {
    const redis = await ownRedis("--maxmemory-policy", "noeviction");
    const admin = adminOf(redis);
    const { plain, hooks } = await hookedDatabase();
    const { cached, user, untilHit, seen } = cacheBefore(plain, redis.url, PATIENT);
    await untilHit(2);
    hooks.after = async () => void (await admin.config("SET", "maxmemory", "1"));
    expect((await user(1)).data?.name).toBe("User 1");
    await expect.poll(() => seen("fill").map(({ outcome }) => outcome), PATIENCE).toContain("refused");
    expect(seen("fill").at(-1)?.error).toMatchObject({ message: expect.stringContaining("OOM") });
    expect(cached.$cache.stats().fills).toMatchObject({ refused: 1, stored: 1 });
  });

  test("and evicts at random: results are right all the same", { timeout: 120_000 }, async () => {
    const redis = await ownRedis("--maxmemory-policy", "allkeys-lru", "--maxmemory-samples", "1");
    const admin = adminOf(redis);
    const { plain } = await hookedDatabase();
    const { cached } = cacheBefore(plain, redis.url, { ...PATIENT, defaults: { ttl: "1h" } });
    const statistic = async (name: string) =>
      Number(new RegExp(`^${name}:(\\d+)`, "m").exec(await admin.info("all"))?.[1]);
    const random = seededRandom(5);
    const others = async (from: number, count: number) => {
      const pipeline = admin.pipeline();
      for (let i = from; i < from + count; i++) pipeline.set(`other:${i}`, "x".repeat(100));
      await pipeline.exec();
    };
    await others(0, 2_000);
    await admin.config("SET", "maxmemory", String(await statistic("used_memory")));

    for (let step = 0; step < 120; step++) {
      // Whatever they push out may be ours.
      await others(2_000 + step * 100, 100);
      const write = WRITES[random(WRITES.length)]!(random);
      await Promise.resolve(write(cached as never)).catch(() => {});
      for (let i = 0; i < 12; i++) {
        const read = READS[random(READS.length)]!(random);
        const difference = sameByType(await read(cached), await read(plain));
        expect(difference, `step ${step}: ${write.toString()} then ${read.toString()}`).toBeNull();
      }
    }
    expect(await statistic("evicted_keys")).toBeGreaterThan(1_000);
    expect(cached.$cache.stats().reads.hit).toBeGreaterThan(50);
  });
});
