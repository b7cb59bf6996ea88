import { anyTag, customTag, rowTag, type Store } from "@evercache/core";
import { createFaultProxy, type FaultProxy } from "@evercache/testing";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { Recorder } from "../../testing/src/contract/recorder.js";
import type { RedisServer } from "../../../test/setup/redis.js";
import { admin, afterwards, becomes, connect, eventually, LONG, server, stateOf, TAG, TAG_KEY } from "./kit.js";

const HEARTBEAT = 20;
const OTHER = anyTag("Order");

class Reasons extends Recorder {
  readonly reasons: unknown[] = [];

  override onLost(groups: readonly string[], error?: unknown): void {
    super.onLost(groups);
    this.reasons.push(error);
  }

  get kinds(): string[] {
    return this.told.map(({ kind }) => kind);
  }
}

function watch(store: Store, ...groups: string[]): Reasons {
  const recorder = new Reasons();
  const watching = store.watch!(recorder, HEARTBEAT);
  for (const group of groups) watching.follow(group);
  afterwards(() => {
    expect(recorder.mistakes).toEqual([]);
    return watching.close();
  });
  return recorder;
}

const clients = async (redis: Redis, type: string) =>
  String(await redis.client("LIST", "TYPE", type as "NORMAL"))
    .split("\n")
    .filter((line) => line.includes("name=evercache"));

/** A store behind a proxy that follows two groups, and another that is not. */
async function proxied(): Promise<{
  running: RedisServer;
  proxy: FaultProxy;
  recorder: Reasons;
  store: Store;
  writer: Store;
}> {
  const running = await server();
  const proxy = await createFaultProxy({ target: running });
  afterwards(() => proxy.close());
  const store = await connect({ redis: { host: proxy.host, port: proxy.port } });
  const writer = await connect({ redis: running.url });
  const recorder = watch(store, "Product", "Order");
  await recorder.untilFollowing("Product", "Order");
  return { running, proxy, recorder, store, writer };
}

describe("the connection that listens", () => {
  it("is opened by the first group that is followed, shared by the others, and ended with the watch", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const recorder = new Recorder();
    const watching = store.watch!(recorder, HEARTBEAT);
    await store.rotate([TAG]);
    expect(await clients(redis, "normal")).toHaveLength(1);
    for (const group of ["Product", "Order", "Product"]) watching.follow(group);
    await recorder.untilFollowing("Product", "Order");
    watching.follow("User");
    await recorder.untilFollowing("User");
    const [line, ...others] = await clients(redis, "pubsub");
    expect([line, others]).toEqual([expect.stringMatching(/ sub=3 .* resp=2/), []]);
    await watching.close();
    await eventually(async () => expect(await clients(redis, "pubsub")).toEqual([]));
    expect(store.status).toBe("ready");
  });

  it("is ended with the store, also while it connects", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const recorder = watch(store, "Product");
    await recorder.untilFollowing("Product");
    const late = watch(store, "Order");
    await store.close();
    await eventually(async () => {
      expect([...(await clients(redis, "pubsub")), ...(await clients(redis, "normal"))]).toEqual([]);
    });
    expect(late.following.size).toBe(0);
  });

  it.each([
    ["is reset", (proxy: FaultProxy) => proxy.dropConnections()],
    ["breaks off in the middle of an answer", (proxy: FaultProxy) => proxy.blackhole("replies")],
    ["carries no questions any more", (proxy: FaultProxy) => proxy.blackhole("requests")],
    ["carries other bytes", (proxy: FaultProxy) => proxy.corruptReplies(Buffer.from("*1\r\n$4\r\nnone\r\n"))],
    ["carries what is no protocol", (proxy: FaultProxy) => proxy.corruptReplies(Buffer.from("HTTP/1.1 400\r\n\r\n"))],
    ["is frozen", (proxy: FaultProxy) => proxy.freeze()],
  ])("loses all groups when it %s, and follows them again when it can", async (_, harm) => {
    const { proxy, recorder, writer, store } = await proxied();
    harm(proxy);
    await eventually(() => expect(recorder.following.size).toBe(0));
    const { heard } = recorder;
    await writer.rotate([TAG]);
    proxy.thaw();
    proxy.blackhole(null);
    proxy.corruptReplies(null);
    store.reconnect();
    await recorder.untilFollowing("Product", "Order");
    // What was missed is not made up for by words about later times.
    expect(recorder.told.filter(({ kind }) => kind === "lost").length).toBeGreaterThan(0);
    await writer.rotate([OTHER]);
    await recorder.untilHeard();
    expect(recorder.heard).toBeGreaterThan(heard);
    expect(recorder.invalidated.at(-1)).toBe(OTHER);
  });

  it("has told what happened before a moment when it says that it has heard of that moment, however slow the answers", async () => {
    const { proxy, recorder, writer } = await proxied();
    const tags = Array.from({ length: 100 }, (_, i) => rowTag("Product", [String(i)]));
    const done: number[] = [];
    const missed: number[] = [];
    const onHeard = recorder.onHeard.bind(recorder);
    recorder.onHeard = (moment) => {
      const told = recorder.invalidated.length;
      if (done.some((end, i) => end < moment && i >= told)) missed.push(moment);
      onHeard(moment);
    };
    proxy.delay(80);
    for (const tag of tags) {
      await writer.rotate([tag]);
      done.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await recorder.untilHeard();
    expect(missed).toEqual([]);
    expect(recorder.invalidated).toEqual(tags);
  });

  it("says nothing of the time in which the server was stopped", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const recorder = watch(store, "Product");
    await recorder.untilFollowing("Product");
    await running.pause();
    const stopped = performance.now();
    await eventually(() => expect(recorder.following.size).toBe(0));
    expect(recorder.heard).toBeLessThan(stopped);
    await running.resume();
    await recorder.untilFollowing("Product");
    await recorder.untilHeard();
  });

  it("does not believe an answer that comes too late, even if nobody has missed it by then", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const recorder = new Reasons();
    // Asked for each group that is added, and not again within this test.
    const watching = store.watch!(recorder, 60_000);
    afterwards(() => watching.close());
    watching.follow("Product");
    await recorder.untilFollowing("Product");
    const { heard } = recorder;
    await running.pause();
    watching.follow("Order");
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await running.resume();
    await eventually(() => expect(recorder.kinds).toContain("lost"));
    expect(recorder.heard).toBe(heard);
    expect(recorder.told.slice(0, 2)).toEqual([
      { kind: "following", group: "Product" },
      { kind: "lost", groups: ["Product"] },
    ]);
    await recorder.untilFollowing("Product", "Order");
  });

  it("is made anew where the server ends it, as it does with those that read too slowly", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const recorder = watch(store, "Product");
    await recorder.untilFollowing("Product");
    await admin(running).call("CLIENT", ["KILL", "TYPE", "pubsub"]);
    await eventually(() => expect(recorder.kinds).toEqual(["following", "lost", "following"]));
    expect(store.reports.map(({ status }) => status)).toEqual(["ready"]);
    await store.rotate([TAG]);
    await recorder.untilHeard();
    expect(recorder.invalidated).toEqual([TAG]);
  });

  it("counts for nothing without the connection that reads", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const recorder = watch(store, "Product");
    await recorder.untilFollowing("Product");
    const [line = ""] = await clients(redis, "normal");
    await redis.call("CLIENT", ["KILL", "ID", String(/id=(\d+)/.exec(line)?.[1])]);
    await eventually(() => expect(recorder.kinds).toEqual(["following", "lost", "following"]));
  });

  it("follows again after a restart, another incarnation", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const recorder = watch(store, "Product");
    await recorder.untilFollowing("Product");
    await running.restart();
    await eventually(() => expect(recorder.kinds.slice(-2)).toEqual(["lost", "following"]));
    await store.rotate([TAG]);
    await recorder.untilHeard();
    expect(recorder.invalidated).toEqual([TAG]);
  });

  it("is left when its server turns out to be another incarnation, or no primary, without a broken connection", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const recorder = watch(store, "Product");
    await recorder.untilFollowing("Product");
    const other = await server();
    await redis.replicaof("127.0.0.1", other.port);
    await redis.replicaof("NO", "ONE");
    await store.probe();
    expect(recorder.kinds).toEqual(["following", "lost"]);
    await recorder.untilFollowing("Product");
    await redis.replicaof("127.0.0.1", other.port);
    await expect(store.probe()).rejects.toThrow();
    expect(recorder.following.size).toBe(0);
    await redis.replicaof("NO", "ONE");
    await recorder.untilFollowing("Product");
  });

  it("follows nothing while it leads to another server than the one that is read from", async () => {
    const [one, another] = [await server(), await server()];
    let listened = another;
    const duplicate = (override: object = {}) =>
      new Redis({ ...override, port: "protocol" in override ? listened.port : one.port });
    const store = await connect({ redis: { isCluster: false, duplicate } });
    const recorder = watch(store, "Product");
    const redis = admin(another);
    // It has been there, looked, and come back.
    const connections = async () => Number(/total_connections_received:(\d+)/.exec(await redis.info("stats"))![1]);
    const before = await connections();
    await eventually(async () => expect(await connections()).toBeGreaterThan(before + 1));
    expect(recorder.told).toEqual([]);
    listened = one;
    await recorder.untilFollowing("Product");
    await store.rotate([TAG]);
    await recorder.untilHeard();
    expect(recorder.invalidated).toEqual([TAG]);
  });
});

describe("what is published", () => {
  it.each([
    ["no JSON", "garbage\u0000"],
    ["nothing", ""],
    ["no list", '{"a":1}'],
    ["an empty list", "[]"],
    ["other things than keys", "[1]"],
    ["a key of another namespace", '["other:tag:{Product}:row:1"]'],
    ["a key of another group", '["test:tag:{Order}:row:1"]'],
    ["an entry", '["test:Product:findUnique:id=1"]'],
  ])("by others is not believed: %s", async (_, message) => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const recorder = watch(store, "Product", "Order");
    await recorder.untilFollowing("Product", "Order");
    recorder.told.length = 0;
    await admin(running).publish("test:invalidated:{Product}", message);
    await store.rotate([TAG]);
    await recorder.untilHeard();
    expect(recorder.told).toEqual([
      { kind: "lost", groups: ["Product"] },
      { kind: "following", group: "Product" },
      { kind: "invalidated", tags: [TAG] },
    ]);
  });

  it("names the keys that had no lock, once", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const listener = admin(running);
    const messages: unknown[] = [];
    listener.on("message", (channel, message) => messages.push([channel, JSON.parse(message)]));
    await listener.subscribe("test:invalidated:{Product}", "test:invalidated:{#a}");
    const other = rowTag("Product", ["2"]);
    const heard = async (calls: () => Promise<unknown>): Promise<unknown[]> => {
      await calls();
      await listener.ping();
      return messages.splice(0);
    };
    const channel = "test:invalidated:{Product}";
    const [key, otherKey] = [TAG_KEY, "test:tag:{Product}:row:2"];
    expect(await heard(() => store.quarantine("a", [TAG], LONG))).toEqual([[channel, [key]]]);
    expect(await heard(() => store.quarantine("a", [TAG], LONG))).toEqual([]);
    expect(await heard(() => store.quarantine("b", [TAG, other, other], LONG))).toEqual([
      [channel, [otherKey, otherKey]],
    ]);
    expect(await heard(() => store.release("a", { changed: [TAG], unchanged: [other] }))).toEqual([]);
    expect(await heard(() => store.rotate([TAG, other]))).toEqual([]);
    expect(await heard(() => store.release("b", { changed: [TAG], unchanged: [other] }))).toEqual([]);
    expect(await heard(() => store.release("b", { changed: [TAG], unchanged: [other] }))).toEqual([
      [channel, [key, otherKey]],
    ]);
    expect(await heard(() => store.rotate([customTag("a")]))).toEqual([["test:invalidated:{#a}", ["test:tag:{#a}"]]]);
    // Whatever else is in the key.
    await admin(running).lpush(TAG_KEY, "list");
    expect(await heard(() => store.quarantine("a", [TAG], LONG))).toEqual([[channel, [key]]]);
    await admin(running).set(TAG_KEY, "L--||");
    expect(await heard(() => store.rotate([TAG]))).toEqual([[channel, [key]]]);
  });

  it("gives one that is named twice its former token back", async () => {
    const store = await connect({ redis: (await server()).url });
    const [token] = await store.mint([TAG], [LONG]);
    await store.quarantine("a", [TAG, TAG], LONG);
    await store.release("a", { changed: [], unchanged: [TAG, TAG] });
    expect(await stateOf(store, TAG)).toBe(token);
  });
});

describe("a user who may not", () => {
  const grant = async (redis: Redis, ...rules: string[]) =>
    redis.call("ACL", ["SETUSER", "some", "on", ">secret", "~*", "+@all", ...rules]);

  async function connected(rules: readonly string[]) {
    const running = await server();
    const redis = admin(running);
    await grant(redis, "resetchannels", ...rules);
    const store = await connect({ redis: { port: running.port, username: "some", password: "secret" } });
    return { redis, store };
  }

  it.each([[["&other:*"]], [["&test:*", "-publish"]]])(
    "publish (%s) invalidates nothing, and is told what to grant",
    async (rules) => {
      const { redis, store } = await connected(rules);
      const [token] = await store.mint([TAG], [LONG]);
      const calls = [
        () => store.quarantine("a", [TAG], LONG),
        () => store.release("a", { changed: [TAG], unchanged: [] }),
        () => store.rotate([TAG]),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({
          name: "ReplyError",
          message: expect.stringMatching(/^NOPERM .*command \+publish .*&test:\*/),
        });
        expect(await redis.get(TAG_KEY)).toBe(token);
      }
      expect(store.status).toBe("ready");
      await grant(redis, "&test:*", "+publish");
      await store.rotate([TAG]);
    },
  );

  it("listen is told what to grant, and follows once that is granted", async () => {
    const { redis, store } = await connected(["&test:*", "-subscribe"]);
    const recorder = watch(store, "Product", "Order");
    await eventually(() => expect(recorder.reasons).toHaveLength(1));
    expect(recorder.told).toEqual([{ kind: "lost", groups: ["Product", "Order"] }]);
    expect(String(recorder.reasons[0])).toMatch(/\+subscribe .*&test:invalidated:\{\*/);
    expect(recorder.heard).toBe(-Infinity);
    await grant(redis, "+subscribe");
    await recorder.untilFollowing("Product", "Order");
    await becomes(store, "ready");
  });
});
