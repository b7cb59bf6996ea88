import { describe, expect, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, ownRedis, PATIENCE } from "./support/world.js";

describe("Redis that takes no writes", () => {
  test("since its replicas are missing: what is valid is served until something is written, then nothing", async () => {
    const redis = await ownRedis();
    const admin = adminOf(redis);
    const { plain } = await hookedDatabase();
    const { cached, user, nameOf, rename, untilHit, seen } = cacheBefore(plain, redis.url);
    await untilHit(1);
    await untilHit(2);
    await admin.config("SET", "min-replicas-to-write", "1");
    expect((await user(1)).info.status).toBe("hit");
    expect((await user(3)).data?.name).toBe("User 3");

    await rename(1, "refused by Redis");
    expect(seen("quarantine").at(-1)).toMatchObject({ outcome: "refused", error: expect.anything() as unknown });
    expect(await nameOf(1)).toBe("refused by Redis");
    expect((await user(2)).info).toMatchObject({ status: "bypass", reason: "recovering" });
    expect(cached.$cache.stats()).toMatchObject({ writes: { quarantineRefused: 1, releaseRefused: 1 } });
    expect(cached.$cache.stats().recovering).toBeGreaterThan(0);

    await admin.config("SET", "min-replicas-to-write", "0");
    await expect.poll(() => cached.$cache.stats().recovering, PATIENCE).toBe(0);
    await untilHit(1);
    expect(await nameOf(1)).toBe("refused by Redis");
  });

  test("since it became a replica: nothing fails, nothing is stale, before and after its promotion", async () => {
    const redis = await ownRedis();
    const admin = adminOf(redis);
    const { plain } = await hookedDatabase();
    const { cached, nameOf, rename, untilHit } = cacheBefore(plain, redis.url);
    await untilHit(1);
    // Of a primary that nobody can reach, so that its data stay.
    await admin.replicaof("127.0.0.1", "1");
    for (let i = 0; i < 5; i++) {
      await rename(1, `replica ${i}`);
      expect(await nameOf(1)).toBe(`replica ${i}`);
    }
    expect(cached.$cache.stats().writes.quarantineRefused).toBe(5);
    expect(cached.$cache.stats().recovering).toBeGreaterThan(0);
    await admin.replicaof("NO", "ONE");
    await untilHit(1);
    expect(await nameOf(1)).toBe("replica 4");
    expect(cached.$cache.stats().recovering).toBe(0);
  });
});
