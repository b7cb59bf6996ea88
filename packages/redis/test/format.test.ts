import { QUARANTINED, rowTag } from "@evercache/core";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startRedis, type RedisServer } from "../../../test/setup/redis.js";
import { admin, connect, eventually, LONG, stateOf, TAG, TAG_KEY, type ObservedStore } from "./kit.js";

let server: RedisServer;
let redis: Redis;
let store: ObservedStore;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  redis = admin(server);
  store = await connect({ redis: server.url });
  await redis.flushall();
});

const changed = { changed: [TAG], unchanged: [] };
const unchanged = { changed: [], unchanged: [TAG] };
const text = () => redis.get(TAG_KEY);
const now = async () => Number(((await redis.call("TIME")) as string[]).at(0)) * 1000;

describe("the key of a tag", () => {
  it("holds a token of the present epoch for its lifetime", async () => {
    const [token] = await store.mint([TAG], [5_000]);
    expect(await redis.get(TAG_KEY)).toBe(token);
    expect(token).toMatch(new RegExp(`^T${store.epoch}[\\w-]{16}$`));
    expect(await redis.pttl(TAG_KEY)).toBeGreaterThan(4_000);
    expect(await redis.pttl(TAG_KEY)).toBeLessThanOrEqual(5_000);
  });

  it("holds a lock with its holder, the token that it replaced and what was left of that one's life", async () => {
    const [token] = await store.mint([TAG], [LONG]);
    await store.quarantine("writer 1", [TAG], 5_000);
    const [, former, lifetime, expires] = /^L--\|([^|]+)\|(\d+)\|writer%201@(\d+)$/.exec((await text())!)!;
    expect(former).toBe(token);
    expect(Number(lifetime)).toBeGreaterThan(LONG - 5_000);
    expect(Number(lifetime)).toBeLessThanOrEqual(LONG);
    expect(Math.abs(Number(expires) - (await now()) - 5_000)).toBeLessThan(3_000);
    expect(Math.abs((await redis.pexpiretime(TAG_KEY)) - Number(expires))).toBe(0);
  });

  it("tells whether holders met, and whether the token may come back", async () => {
    const [token] = await store.mint([TAG], [LONG]);
    await store.quarantine("a", [TAG], LONG);
    await store.quarantine("b", [TAG], LONG);
    expect(await text()).toMatch(/^Lc-\|T.*\|\d+\|a@\d+,b@\d+$/);
    await store.release("a", unchanged);
    expect(await text()).toMatch(new RegExp(`^Lc-\\|${String(token)}\\|\\d+\\|b@\\d+$`));
    await store.quarantine("c", [TAG], LONG);
    await store.release("b", changed);
    expect(await text()).toMatch(/^Lcd\|\|\|c@\d+$/);
    await store.release("c", unchanged);
    expect(await text()).toBeNull();
  });

  it("holds a fresh token for as long as the former one had left, once a holder that was alone has changed the tag", async () => {
    const [token] = await store.mint([TAG], [LONG]);
    await store.quarantine("a", [TAG], LONG);
    await store.release("a", changed);
    expect(await text()).toMatch(new RegExp(`^T${store.epoch}[\\w-]{16}$`));
    expect(await text()).not.toBe(token);
    expect(await redis.pttl(TAG_KEY)).toBeGreaterThan(LONG - 5_000);
    expect(await redis.pttl(TAG_KEY)).toBeLessThanOrEqual(LONG);
    // Of a tag that nobody read there is none.
    await redis.del(TAG_KEY);
    await store.quarantine("a", [TAG], LONG);
    await store.release("a", changed);
    expect(await text()).toBeNull();
  });

  it("holds none once a holder has changed the tag that others had met in its lock", async () => {
    await store.mint([TAG], [LONG]);
    await store.quarantine("a", [TAG], LONG);
    await store.quarantine("b", [TAG], LONG);
    await store.release("a", changed);
    await store.release("b", changed);
    expect(await text()).toBeNull();
  });

  it("lives until the last of the leases ends, whichever was added last", async () => {
    await store.quarantine("long", [TAG], LONG);
    await store.quarantine("short", [TAG], 1_000);
    await store.quarantine("long", [TAG], 1_000);
    expect(await redis.pttl(TAG_KEY)).toBeGreaterThan(LONG - 5_000);
    await store.release("long", changed);
    expect(await redis.pttl(TAG_KEY)).toBeLessThanOrEqual(1_000);
  });

  it("names no holder whose lease has ended, once nobody with a longer one stands before it", async () => {
    const witness = rowTag("Product", ["2"]);
    await store.mint([TAG], [LONG]);
    await store.quarantine("live", [TAG], LONG);
    await store.quarantine("dead", [TAG, witness], 1);
    await eventually(async () => expect(await redis.exists("test:tag:{Product}:row:2")).toBe(0));
    await store.quarantine("next", [TAG], LONG);
    expect(await text()).toMatch(/^Lc-\|T[^|]+\|\d+\|live@\d+,dead@\d+,next@\d+$/);
    await store.release("live", unchanged);
    expect(await text()).toMatch(/^Lcd\|\|\|next@\d+$/);
  });

  it("gets back its token with the lifetime that it had when it was locked", async () => {
    const [token] = await store.mint([TAG], [LONG]);
    await store.quarantine("a", [TAG], LONG);
    await store.release("a", unchanged);
    expect(await redis.get(TAG_KEY)).toBe(token);
    expect(await redis.pttl(TAG_KEY)).toBeGreaterThan(LONG - 5_000);
    expect(await redis.pttl(TAG_KEY)).toBeLessThanOrEqual(LONG);
  });

  it("is not given back a token that has no time to live", async () => {
    const [token] = await store.mint([TAG], [LONG]);
    await redis.persist(TAG_KEY);
    await store.quarantine("a", [TAG], LONG);
    await store.release("a", unchanged);
    expect(await redis.get(TAG_KEY)).not.toBe(token);
  });
});

describe("what somebody else wrote into the key of a tag", () => {
  const epochOfAnother = "T________0123456789abcdef";
  const foreign: [string, () => Promise<unknown>][] = [
    ["a text", () => redis.set(TAG_KEY, "hello")],
    ["a text like a lock", () => redis.set(TAG_KEY, "L--|||nobody")],
    ["a lock around no token", () => redis.set(TAG_KEY, "L--|hello|5|a@9999999999999")],
    ["an empty text", () => redis.set(TAG_KEY, "")],
    ["any bytes", () => redis.set(TAG_KEY, Buffer.from([0x54, 0, 255, 10, 13]))],
    ["a token of another epoch", () => redis.set(TAG_KEY, epochOfAnother)],
    ["a hash", () => redis.hset(TAG_KEY, "a", "b")],
    ["a list", () => redis.lpush(TAG_KEY, "a")],
    ["a stream", () => redis.xadd(TAG_KEY, "*", "a", "b")],
  ];

  it.each(foreign)("is missing to readers, and mint replaces it: %s", async (_, write) => {
    await write();
    expect(await stateOf(store, TAG)).toBeNull();
    const [token] = await store.mint([TAG], [LONG]);
    expect(token).toMatch(/^T/);
    expect(await stateOf(store, TAG)).toBe(token);
    expect(await redis.pttl(TAG_KEY)).toBeGreaterThan(0);
  });

  it.each(foreign)("is replaced by a lock, and never comes back: %s", async (_, write) => {
    await write();
    await store.quarantine("a", [TAG], LONG);
    expect(await stateOf(store, TAG)).toBe(QUARANTINED);
    expect(await redis.pttl(TAG_KEY)).toBeGreaterThan(0);
    await store.release("a", unchanged);
    expect(await stateOf(store, TAG)).toBeNull();
    expect(await redis.exists(TAG_KEY)).toBe(0);
  });

  it.each(foreign)("is removed by a release or a rotation: %s", async (_, write) => {
    for (const remove of [
      () => store.release("a", changed),
      () => store.release("a", unchanged),
      () => store.rotate([TAG]),
    ]) {
      await write();
      await remove();
      expect(await redis.exists(TAG_KEY)).toBe(0);
    }
  });

  it("is no entry, if it is no text", async () => {
    await redis.hset("test:key", "a", "b");
    expect(await store.lookup("key", [TAG])).toEqual({ entry: null, tokens: [null] });
    await store.fill("key", Buffer.from("entry"), LONG);
    expect(Buffer.from((await store.lookup("key", [])).entry!).toString()).toBe("entry");
  });
});

it("a reader that saw nothing cannot mint over the lock that a writer took since", async () => {
  const reader = await connect({ redis: server.url });
  // Once with nothing there, once with a token that is not valid any more.
  for (const before of [() => redis.del(TAG_KEY), () => redis.set(TAG_KEY, "T________0123456789abcdef", "PX", LONG)]) {
    await before();
    expect(await stateOf(reader, TAG)).toBeNull();
    await store.quarantine("a", [TAG], LONG);
    expect(await reader.mint([TAG], [LONG])).toEqual([QUARANTINED]);
    expect(await stateOf(reader, TAG)).toBe(QUARANTINED);
    await store.release("a", changed);
  }
});
