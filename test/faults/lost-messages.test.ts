import { createGate } from "@evercache/testing";
import { describe, expect, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, ownRedis, PATIENCE, proxyTo, urlOf } from "./support/world.js";

const isUpdate = (sql: string) => sql.startsWith("UPDATE");

/** A writer whose way to Redis can be broken, and a reader in another process whose way is good. */
async function twoProcesses(lease: "2s" | "6s" = "2s") {
  const redis = await ownRedis();
  const proxy = await proxyTo(redis.port);
  const { plain, hooks } = await hookedDatabase();
  // A short lease, so that its end can be waited for.
  const writer = cacheBefore(plain, urlOf(proxy), { lease });
  const reader = cacheBefore(plain, redis.url);
  // Redis knows the scripts from then on: otherwise the first message of all is a question, and its answer matters.
  await writer.rename(1, "old");
  await writer.untilHit(1);
  await reader.untilHit(1);
  return { admin: adminOf(redis), proxy, hooks, writer, reader };
}

describe("a message between the writer and Redis is lost:", () => {
  test("the answer to the quarantine, which ran", async () => {
    const { proxy, writer, reader } = await twoProcesses();
    proxy.blackhole("replies");
    await writer.rename(1, "new");
    expect(writer.seen("quarantine").at(-1)).toMatchObject({ outcome: "refused" });
    expect(await writer.nameOf(1)).toBe("new");
    expect(await reader.nameOf(1)).toBe("new");
    expect(writer.cached.$cache.stats().recovering).toBeGreaterThan(0);
    proxy.blackhole(null);
    await expect.poll(() => writer.cached.$cache.stats().recovering, PATIENCE).toBe(0);
    for (const { nameOf, untilHit } of [writer, reader]) {
      await untilHit(1);
      expect(await nameOf(1)).toBe("new");
    }
  });

  test.each(["requests", "replies"] as const)(
    "the release (%s), and the writer's way stays broken",
    async (direction) => {
      const { admin, proxy, hooks, writer, reader } = await twoProcesses();
      const gate = createGate();
      hooks.before = (sql) => (isUpdate(sql) ? gate.pass() : undefined);
      const write = writer.rename(1, "new").then(() => {});
      await gate.arrived;
      expect(writer.seen("quarantine").at(-1)).toMatchObject({ outcome: "locked" });
      proxy.blackhole(direction);
      gate.open();
      await write;

      // The entry from before the lock is dead, and the lock lapses.
      expect(await reader.nameOf(1)).toBe("new");
      expect(await writer.nameOf(1)).toBe("new");
      await expect.poll(() => writer.seen("release").at(-1)?.outcome, PATIENCE).toBe("refused");
      expect(writer.cached.$cache.stats().writes.releaseRefused).toBe(1);
      await reader.untilHit(1);
      expect(await reader.nameOf(1)).toBe("new");
      const values = await admin.mget(await admin.keys("shop:tag:{User}:row:1"));
      expect(values.map((value) => value?.charAt(0))).toEqual(["T"]);

      proxy.blackhole(null);
      await writer.untilHit(1);
      expect(await writer.nameOf(1)).toBe("new");
    },
  );

  test("the connection itself, while the statement runs", async () => {
    const { proxy, hooks, writer, reader } = await twoProcesses();
    const gate = createGate();
    hooks.before = (sql) => (isUpdate(sql) ? gate.pass() : undefined);
    const write = writer.rename(1, "new").then(() => {});
    await gate.arrived;
    proxy.dropConnections();
    gate.open();
    await write;
    expect(await writer.nameOf(1)).toBe("new");
    expect(await reader.nameOf(1)).toBe("new");
    for (const { nameOf, untilHit } of [writer, reader]) {
      await untilHit(1);
      expect(await nameOf(1)).toBe("new");
    }
  });

  test("every message of a writer that dies: its tags are free again after the lease", async () => {
    const { proxy, hooks, writer, reader } = await twoProcesses("6s");
    const gate = createGate();
    hooks.before = (sql) => (isUpdate(sql) ? gate.pass() : undefined);
    const write = writer.rename(1, "never acknowledged").then(() => {});
    await gate.arrived;
    proxy.blackhole("requests");
    // Until the commit nobody is told the old name from the cache, and nobody stores it for good.
    expect((await reader.user(1)).info).toMatchObject({ status: "bypass", reason: "quarantined" });
    await reader.untilHit(2);
    expect((await reader.user(1)).info.status).toBe("bypass");
    gate.open();
    await write;
    await reader.untilHit(1);
    expect(await reader.nameOf(1)).toBe("never acknowledged");
  });
});
