import { describe, expect, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { cacheBefore, LONGEST_CALL, ownRedis, PATIENCE, timed } from "./support/world.js";

describe("Redis that is not there", () => {
  test("at the start: everything works at once, and caching begins when it comes", async () => {
    const redis = await ownRedis();
    await redis.stop();
    const { plain } = await hookedDatabase();
    const { cached, user, rename, seen, untilHit } = cacheBefore(plain, redis.url);

    const read = await timed(() => user(1));
    expect(read.result).toMatchObject({ data: { name: "User 1" }, info: { status: "bypass", reason: "unreachable" } });
    const write = await timed(() => rename(1, "written without Redis"));
    const all = await timed(() => cached.user.findMany());
    for (const { milliseconds } of [read, write, all]) expect(milliseconds).toBeLessThan(LONGEST_CALL);
    expect(seen("store").map(({ status }) => status)).toEqual(["unavailable"]);
    expect(seen("store")[0]?.error).toBeInstanceOf(Error);
    expect(cached.$cache.stats()).toMatchObject({ writes: { quarantineRefused: 1, releaseRefused: 1 } });
    expect(cached.$cache.stats().recovering).toBeGreaterThan(0);

    await redis.restart();
    await untilHit(1);
    expect((await user(1)).data?.name).toBe("written without Redis");
    expect(cached.$cache.stats().recovering).toBe(0);
    expect(seen("recovery").at(-1)).toMatchObject({ outcome: "flushed", pending: 0 });
  });

  test("any more: nothing fails, and when it is back, empty, nothing is stale", async () => {
    const redis = await ownRedis();
    const { plain } = await hookedDatabase();
    const { cached, user, nameOf, rename, seen, untilHit } = cacheBefore(plain, redis.url);
    await untilHit(1);
    await untilHit(2);
    await redis.kill();

    for (let i = 0; i < 10; i++) {
      const write = await timed(() => rename(1, `lost ${i}`));
      const read = await timed(() => nameOf(1));
      expect(read.result).toBe(`lost ${i}`);
      expect(Math.max(write.milliseconds, read.milliseconds)).toBeLessThan(LONGEST_CALL);
    }
    await cached.$transaction((tx) => tx.user.update({ where: { id: 2 }, data: { name: "in a transaction" } }));
    await cached.$transaction([cached.user.update({ where: { id: 3 }, data: { name: "in a batch" } })]);
    await cached.$executeRaw`UPDATE users SET name = 'by SQL' WHERE id = 4`;
    expect(await Promise.all([1, 2, 3, 4].map(nameOf))).toEqual(["lost 9", "in a transaction", "in a batch", "by SQL"]);
    expect(seen("store").at(-1)?.status).toBe("unavailable");

    await redis.restart();
    for (const id of [1, 2, 3, 4]) await untilHit(id);
    expect(await Promise.all([1, 2, 3, 4].map(nameOf))).toEqual(["lost 9", "in a transaction", "in a batch", "by SQL"]);
    expect((await user(1)).info.tier).toBe("redis");
  });

  test("for one moment: what was written meanwhile is dropped before anything is served", async () => {
    const redis = await ownRedis();
    const { plain } = await hookedDatabase();
    const { cached, events, user, rename, untilHit } = cacheBefore(plain, redis.url);
    await untilHit(1);
    // The data stay, but nobody is answered.
    await redis.pause();
    await rename(1, "meanwhile");
    expect((await user(1)).data?.name).toBe("meanwhile");
    await redis.resume();
    await expect.poll(() => cached.$cache.stats().recovering, PATIENCE).toBe(0);
    await untilHit(1);
    expect((await user(1)).data?.name).toBe("meanwhile");
    const order = events.filter(({ type }) => type === "hit" || type === "recovery").map(({ type }) => type);
    expect(order.slice(order.indexOf("recovery")).filter((type) => type === "recovery").length).toBeGreaterThan(1);
    expect(order.lastIndexOf("recovery")).toBeLessThan(order.indexOf("hit", order.indexOf("recovery")));
  });
});

describe('onUnreachable: "reject"', () => {
  test("refuses each write before its statement, and reads go on", async () => {
    const redis = await ownRedis();
    const { plain, statements } = await hookedDatabase();
    const { cached, user, nameOf, rename, untilHit, seen } = cacheBefore(plain, redis.url, { onUnreachable: "reject" });
    await untilHit(1);
    await redis.kill();
    const before = statements.length;
    const writes = [
      () => rename(1, "refused"),
      () => cached.user.create({ data: { id: 99, email: "refused", name: "refused" } }),
      () => cached.user.updateMany({ data: { name: "refused" } }),
      () => cached.$transaction([cached.user.delete({ where: { id: 4 } })]),
      () => cached.$transaction((tx) => tx.user.update({ where: { id: 1 }, data: { name: "refused" } })),
      () => cached.$executeRaw`UPDATE users SET name = 'refused'`,
    ];
    for (const write of writes) {
      const refusal = { name: "EvercacheError", code: "STORE_UNAVAILABLE" };
      await expect(write(), write.toString()).rejects.toMatchObject(refusal);
    }
    // That of the interactive transaction was sent, and rolled back.
    expect(statements.slice(before).filter((sql) => /^(INSERT|UPDATE|DELETE)/.test(sql))).toHaveLength(1);
    expect(statements.slice(before)).not.toContain("COMMIT");
    expect((await plain.user.findMany()).map(({ name }) => name).sort()).toEqual(
      [1, 2, 3, 4].map((id) => `User ${id}`),
    );
    expect(await nameOf(1)).toBe("User 1");
    expect(seen("quarantine").filter(({ outcome }) => outcome === "refused")).toHaveLength(writes.length);
    // Nothing was written, so that nothing is owed.
    expect(cached.$cache.stats().recovering).toBe(0);

    await redis.restart();
    await untilHit(1);
    await rename(1, "accepted");
    expect((await user(1)).data?.name).toBe("accepted");
  });
});
