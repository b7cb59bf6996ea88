import { QUARANTINED, rowTag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import type { RedisServer } from "../../../test/setup/redis.js";
import { admin, connect, eventually, LONG, server, stateOf, TAG, TAG_KEY } from "./kit.js";

const notReplicated = expect.objectContaining({ name: "NotReplicatedError" });

/** A replica that is up to date, as its primary sees it too. */
async function replicaOf(primary: RedisServer): Promise<RedisServer> {
  const replica = await server("--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", String(primary.port));
  await eventually(async () => expect(await admin(primary).info("replication")).toContain("state=online"));
  return replica;
}

async function primaryServer(): Promise<RedisServer> {
  return server("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1");
}

async function calls(of: RedisServer, command: string): Promise<number> {
  const stats = await admin(of).info("commandstats");
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

async function connections(of: RedisServer): Promise<number> {
  const clients = (await admin(of).client("LIST")) as string;
  return clients.split("\n").filter((line) => line.includes("name=evercache")).length;
}

describe("a quarantine with a replica timeout", { timeout: 60_000 }, () => {
  it("resolves when a replica has the lock", async () => {
    const primary = await primaryServer();
    const replica = admin(await replicaOf(primary));
    const store = await connect({ redis: primary.url });
    for (let i = 0; i < 50; i++) {
      const tag = rowTag("Product", [`${i}`]);
      await store.quarantine("a", [tag], LONG, 10_000);
      expect(await replica.get(`test:tag:{Product}:row:${i}`)).toMatch(/^L/);
    }
    await store.release("a", { changed: [TAG], unchanged: [] });
    expect(await stateOf(store, TAG)).toBeNull();
  });

  it("waits so too when the server has forgotten the script", async () => {
    // With pings seldom: they would count as something that the replica has not got.
    const primary = await server("--repl-diskless-sync-delay", "0");
    const replica = await replicaOf(primary);
    const store = await connect({ redis: primary.url });
    await store.quarantine("a", [rowTag("Product", ["0"])], LONG, 10_000);
    await admin(primary).script("FLUSH");
    // The script goes out twice, and what counts is the second: the replica has all that came before that.
    await eventually(async () => {
      const info = await admin(primary).info("replication");
      const offset = /master_repl_offset:(\d+)/.exec(info)?.[1];
      expect(info).toContain(`offset=${offset},`);
    });
    await replica.pause();
    await expect(store.quarantine("a", [TAG], LONG, 300)).rejects.toEqual(notReplicated);
    await replica.resume();
    await admin(primary).script("FLUSH");
    await store.quarantine("a", [TAG], LONG, 10_000);
    expect(await admin(replica).get(TAG_KEY)).toMatch(/^L/);
  });

  it("rejects when no replica has it in time; the lock stands, and reads do not wait", async () => {
    const primary = await primaryServer();
    const replica = await replicaOf(primary);
    const store = await connect({ redis: primary.url });
    await replica.pause();
    let isOver = false;
    const quarantine = store.quarantine("a", [TAG], LONG, 1_000).finally(() => (isOver = true));
    quarantine.catch(() => {});
    await eventually(async () => expect(await stateOf(store, TAG)).toBe(QUARANTINED));
    expect(isOver).toBe(false);
    await expect(quarantine).rejects.toEqual(notReplicated);
    expect(await stateOf(store, TAG)).toBe(QUARANTINED);
    expect(store.status).toBe("ready");
    await replica.resume();
    await store.quarantine("a", [TAG], LONG, 10_000);
    await store.release("a", { changed: [TAG], unchanged: [] });
    expect(await stateOf(store, TAG)).toBeNull();
  });

  it("has its lock at once although another one still waits for a replica, and ends in time as that does", async () => {
    const primary = await primaryServer();
    const replica = await replicaOf(primary);
    const store = await connect({ redis: primary.url });
    await store.quarantine("a", [TAG], LONG, 10_000);
    await replica.pause();
    const first = store.quarantine("b", [TAG], LONG, 60_000);
    first.catch(() => {});
    await eventually(async () => expect(await admin(primary).get(TAG_KEY)).toContain("b@"));
    const other = rowTag("Product", ["other"]);
    const second = store.quarantine("c", [other], LONG, 2_000);
    second.catch(() => {});
    // The first still blocks the connection by which replicas are waited for.
    await eventually(async () => expect(await stateOf(store, other)).toBe(QUARANTINED));
    await expect(second).rejects.toEqual(notReplicated);
    await replica.resume();
    await first;
    // What has given up is not written again.
    await store.release("c", { changed: [other], unchanged: [] });
    await store.quarantine("d", [TAG], LONG, 10_000);
    expect(await stateOf(store, other)).toBeNull();
  });

  it("has its lock although the connection for it cannot be had", async () => {
    const primary = await primaryServer();
    await replicaOf(primary);
    const store = await connect({ redis: primary.url });
    await store.quarantine("a", [TAG], LONG, 10_000);
    // No more clients than there are: the second connection is killed, and no other one is let in.
    const connection = admin(primary);
    const clients = (await connection.client("LIST")) as string;
    const waiting = clients.split("\n").find((line) => line.includes("cmd=wait"));
    await connection.config("SET", "maxclients", "1");
    await connection.client("KILL", "ID", /id=(\d+)/.exec(waiting ?? "")?.[1] ?? "");
    const other = rowTag("Product", ["other"]);
    await expect(store.quarantine("b", [other], LONG, 500)).rejects.toEqual(notReplicated);
    expect(await stateOf(store, other)).toBe(QUARANTINED);
    expect(store.status).toBe("ready");
  });

  it("does not wait where there is no replica, and opens no connection for it", async () => {
    const primary = await server();
    const store = await connect({ redis: primary.url });
    await store.quarantine("a", [TAG], LONG, 10_000);
    expect(await stateOf(store, TAG)).toBe(QUARANTINED);
    expect(await calls(primary, "wait")).toBe(0);
    expect(await connections(primary)).toBe(1);
  });

  it("learns of replicas that come and go", async () => {
    const primary = await primaryServer();
    const store = await connect({ redis: primary.url });
    const replica = await replicaOf(primary);
    await store.probe();
    await store.quarantine("a", [TAG], LONG, 10_000);
    expect(await calls(primary, "wait")).toBe(1);
    expect(await connections(primary)).toBe(2);
    await replica.kill();
    await expect(store.quarantine("a", [TAG], LONG, 100)).rejects.toEqual(notReplicated);
    // It asked of its own accord what has become of the replicas.
    await eventually(() => store.quarantine("a", [TAG], LONG, 100));
    await store.close();
    await eventually(async () => expect(await connections(primary)).toBe(0));
  });

  it("shares its wait with those that come meanwhile, and each gets its own outcome", async () => {
    const primary = await primaryServer();
    const replica = await replicaOf(primary);
    const store = await connect({ redis: primary.url });
    await store.quarantine("a", [TAG], LONG, 10_000);
    await admin(primary).config("RESETSTAT");
    await replica.pause();
    const first = store.quarantine("a", [TAG], LONG, 10_000);
    await eventually(async () =>
      expect(await admin(primary).client("LIST")).toMatch(/flags=b .*name=evercache|name=evercache.* flags=b/),
    );
    const tags = Array.from({ length: 40 }, (_, i) => rowTag("Product", [`${i}`]));
    const others = tags.map((tag) => store.quarantine("b", [tag], LONG, 10_000));
    await replica.resume();
    await Promise.all([first, ...others]);
    expect(await calls(primary, "wait")).toBe(2);
    const copy = admin(replica);
    for (const [i] of tags.entries()) expect(await copy.get(`test:tag:{Product}:row:${i}`)).toMatch(/^L/);
  });

  it("rejects, and does not hang, when the server is gone", async () => {
    const primary = await primaryServer();
    const replica = await replicaOf(primary);
    const store = await connect({ redis: primary.url });
    await store.quarantine("a", [TAG], LONG, 10_000);
    await replica.pause();
    const pending = Promise.allSettled([0, 1, 2].map(() => store.quarantine("a", [TAG], LONG, 60_000)));
    await eventually(async () => expect(await calls(primary, "wait")).toBeGreaterThan(0));
    await primary.kill();
    for (const outcome of await pending) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "StoreUnavailableError" } });
    }
  });
});
