import { describe, expect, it } from "vitest";
import { readEvicts } from "../src/eviction.js";
import { admin, connect, eventually, server } from "./kit.js";

describe("the tenure of locks", () => {
  it("is one object for as long as the connection lasts and the server drops no keys", async () => {
    const running = await server();
    const store = await connect({ redis: running.url });
    const first = store.tenure;
    expect(first).toBeTypeOf("object");
    expect(first).not.toBeNull();
    await store.probe();
    expect(store.tenure).toBe(first);

    const redis = admin(running);
    await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await eventually(() => {
      expect(store.tenure).not.toBe(first);
      expect(store.tenure).not.toBeNull();
    });
  });

  it("is none while the server may drop keys, which is seen within a probe", async () => {
    const running = await server();
    const redis = admin(running);
    await redis.config("SET", "maxmemory", "100mb");
    const store = await connect({ redis: running.url });
    // Full, it refuses what needs memory, and drops nothing.
    const first = store.tenure;
    expect(first).not.toBeNull();

    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    await store.probe();
    expect(store.tenure).toBeNull();

    await redis.config("SET", "maxmemory-policy", "noeviction");
    await store.probe();
    expect(store.tenure).not.toBeNull();
    expect(store.tenure).not.toBe(first);
  });

  it("is none where the server does not say what it does, which keeps it from nothing else", async () => {
    const running = await server();
    const redis = admin(running);
    await redis.acl(
      "SETUSER",
      "mute",
      "on",
      ">secret",
      "~*",
      "&*",
      "+@all",
      "-info",
      "+info|server",
      "+info|replication",
    );
    const { host } = new URL(running.url);
    const store = await connect({ redis: `redis://mute:secret@${host}` });
    expect(store.tenure).toBeNull();
  });
});

describe("readEvicts", () => {
  const memory = (limit: string, policy: string) => `# Memory\r\nmaxmemory:${limit}\r\nmaxmemory_policy:${policy}\r\n`;

  it.each([
    ["no limit of its own", memory("0", "allkeys-lru"), true],
    ["no limit, and a policy that needs none", memory("0", "noeviction"), false],
    ["noeviction", memory("1000", "noeviction"), false],
    ["any other policy", memory("1000", "volatile-ttl"), true],
    ["one of a longer name", memory("1000", "noeviction-2"), true],
    ["no policy", "# Memory\r\nmaxmemory:1000\r\n", true],
    ["nothing", null, true],
    ["nothing of memory", "", true],
  ])("of %s", (_, info, evicts) => {
    expect(readEvicts(info)).toBe(evicts);
  });
});
