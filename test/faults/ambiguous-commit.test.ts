import { createFaultProxy } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, ownRedis, PATIENCE } from "./support/world.js";

/** A writer whose way to the database can be broken, and a reader in another process whose way is good. */
async function brokenWay() {
  const redis = await ownRedis();
  const { plain, database } = await hookedDatabase();
  const { hostname, port } = new URL(database.url);
  const proxy = await createFaultProxy({ target: { host: hostname, port: Number(port) } });
  onTestFinished(() => proxy.close());
  const through = await hookedDatabase({
    database,
    url: (address) => address.replace(`${hostname}:${port}`, `${proxy.host}:${proxy.port}`),
  });
  const writer = cacheBefore(through.plain, redis.url, { lease: "1s", ambiguousLease: "3s" });
  const reader = cacheBefore(plain, redis.url);
  await writer.untilHit(1);
  await reader.untilHit(1);
  const nameInDatabase = async () => (await plain.user.findUnique({ where: { id: 1 } }))?.name;

  const staysLocked = async () => {
    expect(writer.seen("release").at(-1)).toMatchObject({ outcome: "held" });
    expect(writer.cached.$cache.stats().writes).toMatchObject({ held: 1, released: 0, restored: 0 });
    for (const { user } of [reader, writer]) {
      expect((await user(1)).info).toMatchObject({ status: "bypass", reason: "quarantined" });
    }
  };
  const lapses = async (name: string) => {
    for (const { untilHit, nameOf } of [reader, writer]) {
      await untilHit(1);
      expect(await nameOf(1)).toBe(name);
    }
  };
  return { redis, plain, proxy, hooks: through.hooks, writer, reader, nameInDatabase, staysLocked, lapses };
}

const RENAMED = { where: { id: 1 }, data: { name: "new" } } as const;

describe("a write of which nobody knows whether it was committed", () => {
  test("keeps its tags locked: the backend was terminated before the COMMIT", async () => {
    const { plain, hooks, writer, staysLocked, lapses, nameInDatabase } = await brokenWay();
    hooks.before = async (sql) => {
      if (sql !== "COMMIT") return;
      await plain.$queryRaw`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'`;
    };
    await expect(writer.cached.$transaction((tx) => tx.user.update(RENAMED))).rejects.toThrow();
    await staysLocked();
    expect(await nameInDatabase()).toBe("User 1");
    await lapses("User 1");
  });

  test("keeps its tags locked: the answer to the COMMIT was lost", async () => {
    const { proxy, hooks, writer, reader, staysLocked, lapses, nameInDatabase } = await brokenWay();
    hooks.before = (sql) => {
      if (sql === "COMMIT") proxy.blackhole("replies");
    };
    const transaction = writer.cached.$transaction((tx) => tx.user.update(RENAMED));
    const refused = expect(transaction).rejects.toThrow();
    await expect.poll(nameInDatabase, PATIENCE).toBe("new");
    // The commit is done, and its writer waits for the answer.
    expect(await reader.nameOf(1)).toBe("new");
    proxy.blackhole(null);
    await refused;
    await staysLocked();
    await lapses("new");
  });

  test("keeps its tags locked: the answer to a bare write was lost", async () => {
    const { proxy, hooks, writer, staysLocked, lapses, nameInDatabase } = await brokenWay();
    hooks.before = (sql) => {
      if (sql.startsWith("UPDATE")) proxy.blackhole("replies");
    };
    const refused = expect(writer.cached.user.update(RENAMED)).rejects.toThrow();
    await expect.poll(nameInDatabase, PATIENCE).toBe("new");
    proxy.blackhole(null);
    await refused;
    await staysLocked();
    await lapses("new");
  });

  test("keeps its tags locked: the answer to a batch was lost", async () => {
    const { proxy, hooks, writer, staysLocked, lapses, nameInDatabase } = await brokenWay();
    hooks.before = (sql) => {
      if (sql === "COMMIT") proxy.blackhole("replies");
    };
    const { cached } = writer;
    const refused = expect(cached.$transaction([cached.user.update(RENAMED), cached.tag.count()])).rejects.toThrow();
    await expect.poll(nameInDatabase, PATIENCE).toBe("new");
    proxy.blackhole(null);
    await refused;
    await staysLocked();
    await lapses("new");
  });

  test("stores nothing old meanwhile: it is committed later, by a backend that nobody listens to", async () => {
    const { plain, proxy, writer, reader, staysLocked, lapses, nameInDatabase } = await brokenWay();
    let refused: Promise<void> | undefined;
    await plain.$transaction(async (blocking) => {
      await blocking.$queryRaw`SELECT id FROM users WHERE id = 1 FOR UPDATE`;
      refused = expect(writer.cached.user.update(RENAMED)).rejects.toThrow();
      const waiting = async () => {
        const [row] = await plain.$queryRaw<{ count: bigint }[]>`SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return row?.count;
      };
      await expect.poll(waiting, PATIENCE).toBe(1n);
      proxy.dropConnections();
      await refused;
      await staysLocked();
      expect(await reader.nameOf(1)).toBe("User 1");
    });
    await expect.poll(nameInDatabase, PATIENCE).toBe("new");
    expect(await reader.nameOf(1)).toBe("new");
    await lapses("new");
  });

  test("is not one that the database refused: its tags are free at once, and its entries are as they were", async () => {
    const { redis, writer, reader } = await brokenWay();
    const duplicate = { where: { id: 1 }, data: { email: "u2@shop.test" } };
    await expect(writer.cached.user.update(duplicate)).rejects.toMatchObject({ code: "P2002" });
    await expect(writer.cached.$transaction((tx) => tx.user.update(duplicate))).rejects.toMatchObject({
      code: "P2002",
    });
    await expect.poll(() => writer.cached.$cache.stats().writes.restored, PATIENCE).toBe(1);
    expect((await reader.user(1)).info.status).toBe("hit");
    expect(writer.cached.$cache.stats().writes.held).toBe(0);
    const values = await adminOf(redis).mget(await adminOf(redis).keys("shop:tag:*"));
    expect(values.filter((value) => !value?.startsWith("T"))).toEqual([]);
  });
});
