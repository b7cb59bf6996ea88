import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { QUARANTINED } from "@evercache/core";
import { describe, expect, it } from "vitest";
import type { RedisServer } from "../../../test/setup/redis.js";
import {
  admin,
  afterwards,
  becomes,
  connect,
  eventually,
  LONG,
  observe,
  server,
  stateOf,
  TAG,
  TAG_KEY,
  unavailable,
} from "./kit.js";

const ENTRY = Buffer.from("entry");

/** A server that finds its dump again when it is restarted. */
async function serverWithDisk(): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "evercache-dump-"));
  afterwards(() => rm(folder, { recursive: true, force: true }));
  return server("--dir", folder);
}

/** A primary and a replica that is up to date with it. */
async function pair(): Promise<{ primary: RedisServer; replica: RedisServer }> {
  const primary = await server("--repl-diskless-sync-delay", "0");
  const replica = await server("--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", String(primary.port));
  const redis = admin(replica);
  await eventually(async () => expect(await redis.info("replication")).toContain("master_link_status:up"));
  return { primary, replica };
}

describe("another incarnation of the server", { timeout: 60_000 }, () => {
  it("comes with a restart, from empty memory", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    await store.mint([TAG], [LONG]);
    const before = store.epoch;
    await running.restart();
    await eventually(() =>
      expect(store.reports.map(({ status }) => status)).toEqual(["ready", "unavailable", "ready"]),
    );
    expect(store.epoch).not.toBe(before);
    expect(await stateOf(store, TAG)).toBeNull();
  });

  it("comes with a restart from an old dump: token and entry are back, and dead", async () => {
    const running = await serverWithDisk();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const [token] = await store.mint([TAG], [LONG]);
    await store.fill("key", ENTRY, LONG);
    await redis.save();
    await store.rotate([TAG]);
    await running.restart();
    await eventually(() => expect(store.reports).toHaveLength(3));
    await eventually(async () => expect(await redis.get(TAG_KEY)).toBe(token));
    const lookup = await store.lookup("key", [TAG]);
    expect(lookup.entry).not.toBeNull();
    expect(lookup.tokens).toEqual([null]);
    expect(lookup.isForeign).toBe(true);
    const [minted] = await store.mint([TAG], [LONG]);
    expect(minted).not.toBe(token);
    expect(await redis.get(TAG_KEY)).toBe(minted);
  });

  it("does not end a lock that came along", async () => {
    const running = await serverWithDisk();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const [token] = await store.mint([TAG], [LONG]);
    await store.quarantine("a", [TAG], LONG);
    await redis.save();
    await running.restart();
    await eventually(() => expect(store.reports).toHaveLength(3));
    expect(await stateOf(store, TAG)).toBe(QUARANTINED);
    expect(await store.mint([TAG], [LONG])).toEqual([QUARANTINED]);
    await store.release("a", { changed: [], unchanged: [TAG] });
    // The former token is back in its key, and worth nothing.
    expect(await redis.get(TAG_KEY)).toBe(token);
    expect(await stateOf(store, TAG)).toBeNull();
  });

  it("is not seen in a flush: tokens are lost, and no others are valid", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const [token] = await store.mint([TAG], [LONG]);
    await store.fill("key", ENTRY, LONG);
    const before = store.epoch;
    await admin(running).flushall();
    await store.probe();
    expect(store.epoch).toBe(before);
    expect(await store.lookup("key", [TAG])).toEqual({ entry: null, tokens: [null] });
    expect(await store.mint([TAG], [LONG])).not.toEqual([token]);
  });

  it("comes with the promotion of a replica that missed an invalidation", async () => {
    const { primary, replica } = await pair();
    const [onPrimary, onReplica] = [await connect({ redis: primary.url }), observe({ redis: replica.url })];
    const redis = admin(replica);
    const [token] = await onPrimary.mint([TAG], [LONG]);
    await onPrimary.fill("key", ENTRY, LONG);
    await eventually(async () => expect(await redis.mget("test:key", TAG_KEY)).toEqual(["entry", token]));
    // The link breaks, a writer invalidates on the primary alone, and the replica takes over.
    await redis.replicaof("NO", "ONE");
    await onPrimary.rotate([TAG]);
    await primary.kill();
    await becomes(onReplica, "ready");
    expect(await redis.get(TAG_KEY)).toBe(token);
    const lookup = await onReplica.lookup("key", [TAG]);
    expect(lookup.entry).not.toBeNull();
    expect(lookup.tokens).toEqual([null]);
  });

  it("comes when a primary that was made a replica is promoted again", async () => {
    const { primary, replica } = await pair();
    const store = await connect({ redis: primary.url });
    const redis = admin(primary);
    const [token] = await store.mint([TAG], [LONG]);
    const before = store.epoch;
    const runId = async () => /run_id:(\w+)/.exec(await redis.info("server"))?.[1];
    const process = await runId();
    await admin(replica).replicaof("NO", "ONE");
    await redis.replicaof("127.0.0.1", replica.port);
    await redis.replicaof("NO", "ONE");
    await store.probe();
    expect(await runId()).toBe(process);
    expect(store.epoch).not.toBe(before);
    expect(await redis.get(TAG_KEY)).toBe(token);
    expect(await stateOf(store, TAG)).toBeNull();
  });
});

describe("a replica", { timeout: 60_000 }, () => {
  it("is of no use, and is used once it is promoted", async () => {
    const { replica } = await pair();
    const store = observe({ redis: replica.url });
    await becomes(store, "unavailable");
    await expect(store.quarantine("a", [TAG], LONG)).rejects.toMatchObject({
      name: "StoreUnavailableError",
      cause: { message: expect.stringContaining("replica") },
    });
    await admin(replica).replicaof("NO", "ONE");
    await becomes(store, "ready");
    await store.quarantine("a", [TAG], LONG);
    expect(await stateOf(store, TAG)).toBe(QUARANTINED);
  });

  it.each([
    ["a write", "quarantine"],
    ["a probe", "probe"],
  ] as const)("is noticed by %s, when the primary became one", async (_, method) => {
    const { primary, replica } = await pair();
    const store = await connect({ redis: primary.url });
    await store.mint([TAG], [LONG]);
    await admin(primary).replicaof("127.0.0.1", replica.port);
    const call = method === "probe" ? store.probe() : store.quarantine("a", [TAG], LONG);
    await expect(call).rejects.toEqual(unavailable);
    expect(store.status).toBe("unavailable");
    expect(store.epoch).toBeNull();
    await expect(store.lookup("key", [TAG])).rejects.toEqual(unavailable);
  });
});

describe("a server whose memory is full", () => {
  it("refuses fills and tokens, and takes locks, releases and rotations", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const [token] = await store.mint([TAG], [LONG]);
    await redis.config("SET", "maxmemory-policy", "noeviction");
    await redis.config("SET", "maxmemory", "1");
    await redis.script("FLUSH");
    await expect(store.fill("key", ENTRY, LONG)).rejects.toMatchObject({ message: expect.stringContaining("OOM") });
    await expect(store.mint([TAG], [LONG])).rejects.toMatchObject({ message: expect.stringContaining("OOM") });
    expect(await stateOf(store, TAG)).toBe(token);
    await store.quarantine("a", [TAG], LONG);
    await store.quarantine("b", [TAG], LONG);
    expect(await stateOf(store, TAG)).toBe(QUARANTINED);
    await store.release("a", { changed: [], unchanged: [TAG] });
    await store.release("b", { changed: [], unchanged: [TAG] });
    expect(await stateOf(store, TAG)).toBe(token);
    await store.rotate([TAG]);
    expect(await stateOf(store, TAG)).toBeNull();
    await store.remove("key");
    expect(store.status).toBe("ready");
    await redis.config("SET", "maxmemory", "0");
    await store.fill("key", ENTRY, LONG);
    await store.mint([TAG], [LONG]);
  });
});
