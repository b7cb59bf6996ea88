import { createFaultProxy, type FaultProxy } from "@evercache/testing";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import type { RedisServer } from "../../../test/setup/redis.js";
import { OWN_OPTIONS } from "../src/client.js";
import type { RedisStore } from "../src/index.js";
import { Server } from "../src/server.js";
import { admin, afterwards, becomes, connect, eventually, LONG, observe, server, TAG, unavailable } from "./kit.js";

async function proxied(): Promise<{ running: RedisServer; proxy: FaultProxy; url: string }> {
  const running = await server();
  const proxy = await createFaultProxy({ target: running });
  afterwards(() => proxy.close());
  return { running, proxy, url: `redis://127.0.0.1:${proxy.port}` };
}

async function expectAllRejected(store: RedisStore): Promise<void> {
  const calls = [
    store.lookup("key", [TAG]),
    store.mint([TAG], [LONG]),
    store.fill("key", new Uint8Array(1), LONG),
    store.remove("key"),
    store.quarantine("a", [TAG], LONG),
    store.release("a", { changed: [TAG], unchanged: [] }),
    store.rotate([TAG]),
    store.probe(),
  ];
  for (const outcome of await Promise.allSettled(calls)) {
    expect(outcome).toEqual({ status: "rejected", reason: unavailable });
  }
}

async function expectWorking(store: RedisStore): Promise<void> {
  await store.rotate([TAG]);
  const minted = await store.mint([TAG], [LONG]);
  expect((await store.lookup("key", [TAG])).tokens).toEqual(minted);
}

describe("the connection", () => {
  it("is made when the server is there at last, and every call is rejected until then", async () => {
    const { proxy, url } = await proxied();
    await proxy.refuse();
    const store = observe({ redis: url });
    expect(store.status).toBe("connecting");
    await expectAllRejected(store);
    await becomes(store, "unavailable");
    await expect(store.lookup("key", [])).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await proxy.accept();
    await becomes(store, "ready");
    await expectWorking(store);
    expect(store.reports).toEqual([
      { status: "unavailable", error: expect.objectContaining({ code: "ECONNREFUSED" }) },
      { status: "ready", error: undefined },
    ]);
  });

  it("is made anew when the server cuts it, and what was under way is rejected", async () => {
    const { running, proxy, url } = await proxied();
    const store = await connect({ redis: url });
    proxy.blackhole("replies");
    const pending = Promise.allSettled([store.lookup("key", [TAG]), store.quarantine("a", [TAG], LONG)]);
    const redis = admin(running);
    // The commands have reached the server.
    await eventually(async () => expect(await redis.info("commandstats")).toContain("cmdstat_evalsha"));
    proxy.dropConnections();
    expect((await pending).map((outcome) => (outcome as PromiseRejectedResult).reason as unknown)).toEqual([
      unavailable,
      unavailable,
    ]);
    expect(store.status).toBe("unavailable");
    proxy.blackhole(null);
    await becomes(store, "ready");
    await expectWorking(store);
  });

  it("is made anew after CLIENT KILL, and nothing is sent twice", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    await redis.config("RESETSTAT");
    await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await eventually(() =>
      expect(store.reports.map(({ status }) => status)).toEqual(["ready", "unavailable", "ready"]),
    );
    await expectWorking(store);
    const stats = await redis.info("commandstats");
    // Each script looks at its keys by one, too.
    const scripts = Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
    expect(scripts).toBe(2);
    expect(stats).toContain(`cmdstat_mget:calls=${1 + scripts},`);
  });

  it("is known to be lost before those who wait for an answer hear of it", async () => {
    const { proxy, url } = await proxied();
    const store = await connect({ redis: url });
    proxy.freeze();
    const seen = store.lookup("key", [TAG]).catch(() => store.status);
    proxy.dropConnections();
    expect(await seen).toBe("unavailable");
  });

  it("to a frozen server keeps calls waiting until it is given up, and works when the server goes on", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    await running.pause();
    let settled = 0;
    const calls = Array.from({ length: 50 }, () => store.lookup("key", [TAG]).finally(() => settled++));
    const outcomes = Promise.allSettled(calls);
    store.reconnect();
    expect(store.status).toBe("unavailable");
    expect((await outcomes).filter(({ status }) => status === "rejected")).toHaveLength(50);
    expect(settled).toBe(50);
    await expectAllRejected(store);
    await running.resume();
    await becomes(store, "ready");
    await expectWorking(store);
  });

  it("is given up when the server's answers are no answers", async () => {
    const { proxy, url } = await proxied();
    const store = await connect({ redis: url });
    proxy.corruptReplies(Buffer.from("<html>not redis</html>\r\n"));
    await expect(store.lookup("key", [TAG])).rejects.toEqual(unavailable);
    await becomes(store, "unavailable");
    proxy.corruptReplies(null);
    await becomes(store, "ready");
    await expectWorking(store);
  });

  it.each([
    ["too few values", "*1\r\n$-1\r\n"],
    ["a value of another type", "*2\r\n:1\r\n$-1\r\n"],
    ["no list", "+OK\r\n"],
  ])("is given up when MGET is answered with %s", async (_, reply) => {
    const { proxy, url } = await proxied();
    const store = await connect({ redis: url });
    proxy.corruptReplies(Buffer.from(reply));
    await expect(store.lookup("key", [TAG])).rejects.toMatchObject({
      name: "StoreUnavailableError",
      cause: { name: "UnfitServerError" },
    });
    expect(store.status).toBe("unavailable");
    proxy.corruptReplies(null);
    await becomes(store, "ready");
    await expectWorking(store);
  });

  it.each(["*0\r\n", "*1\r\n:1\r\n", "$2\r\nOK\r\n"])(
    "is given up when a script is answered with %j",
    async (reply) => {
      const { proxy, url } = await proxied();
      const store = await connect({ redis: url });
      proxy.corruptReplies(Buffer.from(reply));
      await expect(store.mint([TAG], [LONG])).rejects.toEqual(unavailable);
      expect(store.status).toBe("unavailable");
    },
  );

  it("is not ready while the server reads its data from disk", async () => {
    const { proxy, url } = await proxied();
    proxy.corruptReplies((chunk) =>
      Buffer.from(chunk.toString("latin1").replace("+PONG\r\n", "-LOADING Redis is loading\r\n"), "latin1"),
    );
    const store = observe({ redis: url });
    await becomes(store, "unavailable");
    expect(store.reports[0]?.error).toMatchObject({ message: expect.stringContaining("LOADING") });
    proxy.corruptReplies(null);
    await becomes(store, "ready");
    await expectWorking(store);
  });

  it("is given up when the server takes it and never introduces itself", async () => {
    const { proxy, url } = await proxied();
    proxy.freeze();
    const store = observe({ redis: url });
    await becomes(store, "unavailable");
    expect(String(store.reports.at(0)?.error)).toContain("did not introduce itself");
    proxy.thaw();
    await becomes(store, "ready");
    await expectWorking(store);
  });

  it("says why a server that refuses it is of no use", async () => {
    const running = await server();
    const redis = admin(running);
    await redis.acl("SETUSER", "shy", "on", ">pw", "~*", "+@all", "-info");
    const shy = observe({ redis: `redis://shy:pw@127.0.0.1:${running.port}` });
    const wrong = observe({ redis: `redis://shy:no@127.0.0.1:${running.port}` });
    await becomes(shy, "unavailable");
    await becomes(wrong, "unavailable");
    expect(String(shy.reports[0]?.error)).toContain("info");
    expect(String(wrong.reports[0]?.error)).toContain("WRONGPASS");
    await redis.acl("SETUSER", "shy", "+info");
    await becomes(shy, "ready");
  });
});

it("waits for no socket that is gone", async () => {
  const running = await server();
  let opened: Redis | undefined;
  const lost = new Server({
    open: () => (opened = new Redis(running.url, OWN_OPTIONS)),
    random: Math.random,
    onProbe: () => {},
  });
  afterwards(() => lost.close());
  await eventually(() => expect(lost.status).toBe("ready"));
  const { stream } = opened!;
  stream.destroy();
  // Nobody has been told of it yet.
  expect(lost.status).toBe("ready");
  const calls = Array.from({ length: 20 }, () => lost.ask(({ client }) => client.call("PING", [])));
  expect(stream.listenerCount("connect")).toBe(0);
  for (const { status } of await Promise.allSettled(calls)) expect(status).toBe("rejected");
});

const sockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;

describe("close", () => {
  it.each([
    ["when it is ready", async ({ url }: { url: string }) => connect({ redis: url })],
    ["before it began to connect", async ({ url }: { url: string }) => observe({ redis: url })],
    [
      "while the server says nothing",
      async ({ url, proxy }: { url: string; proxy: FaultProxy }) => {
        proxy.freeze();
        const store = observe({ redis: url });
        await eventually(() => expect(proxy.connections).toBe(1));
        return store;
      },
    ],
    [
      "while the server refuses",
      async ({ url, proxy }: { url: string; proxy: FaultProxy }) => {
        await proxy.refuse();
        const store = observe({ redis: url });
        await becomes(store, "unavailable");
        return store;
      },
    ],
    [
      "right after a reconnect from a frozen server",
      async ({ url, proxy }: { url: string; proxy: FaultProxy }) => {
        const store = await connect({ redis: url });
        proxy.freeze();
        store.reconnect();
        return store;
      },
    ],
  ])("leaves no connection behind %s", async (_, make) => {
    const running = await server();
    const before = sockets();
    const proxy = await createFaultProxy({ target: running });
    afterwards(() => proxy.close());
    const store = await make({ url: `redis://127.0.0.1:${proxy.port}`, proxy });
    const closing = store.close();
    expect(store.status).toBe("closed");
    await closing;
    await store.close();
    proxy.thaw();
    await proxy.close();
    // What tests of other files have left in this process may go meanwhile.
    await eventually(() => expect(sockets()).toBeLessThanOrEqual(before));
    expect(store.status).toBe("closed");
    await expectAllRejected(store);
  });
});
