import { describe, expect, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, LONGEST_CALL, ownRedis, proxyTo, timed, urlOf } from "./support/world.js";

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("replies that are garbage", () => {
  const garbage: readonly (readonly [string, Uint8Array | ((chunk: Buffer) => Uint8Array)])[] = [
    ["noise", bytes("\xEC\x01\xFF\x00noise\r\n\r\n")],
    ["of another protocol", bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")],
    ["always OK", bytes("+OK\r\n")],
    ["always a number", bytes(":1\r\n")],
    ["always null", bytes("_\r\n")],
    ["always an empty list", bytes("*0\r\n")],
    ["a list of lists", bytes("*3\r\n*1\r\n:1\r\n*0\r\n%1\r\n+a\r\n+b\r\n")],
    ["always an error", bytes("-ERR garbage\r\n")],
    ["a promise of more than ever comes", bytes("$1000000000\r\nx")],
    ["one bit wrong", (chunk) => chunk.map((byte, i) => (i === chunk.length >> 1 ? byte ^ 1 : byte))],
    ["cut off", (chunk) => chunk.subarray(0, chunk.length >> 1)],
    ["twice", (chunk) => Buffer.concat([chunk, chunk])],
  ];

  test.each(garbage)("%s: results are right, and caching goes on afterwards", async (_, replacement) => {
    const redis = await ownRedis();
    const proxy = await proxyTo(redis.port);
    const { plain } = await hookedDatabase();
    const { cached, nameOf, rename, untilHit } = cacheBefore(plain, urlOf(proxy), { lease: "1s" });
    await untilHit(1);
    await untilHit(2);
    proxy.corruptReplies(replacement);
    for (let i = 0; i < 6; i++) {
      const write = await timed(() => rename(1, `garbage ${i}`));
      const read = await timed(() => nameOf(1));
      expect(read.result).toBe(`garbage ${i}`);
      expect(await nameOf(2)).toBe("User 2");
      expect(Math.max(write.milliseconds, read.milliseconds)).toBeLessThan(LONGEST_CALL);
    }
    proxy.corruptReplies(null);
    await untilHit(1);
    expect(await nameOf(1)).toBe("garbage 5");
    expect(cached.$cache.stats().recovering).toBe(0);
  });
});

describe("an entry that evercache did not write so", () => {
  async function entryOf(id: number) {
    const redis = await ownRedis();
    const admin = adminOf(redis);
    const { plain } = await hookedDatabase();
    const cache = cacheBefore(plain, redis.url, { deadline: "10s" });
    await cache.untilHit(id);
    const key = `shop:${(await cache.user(id)).info.key}`;
    const original = (await admin.getBuffer(key))!;
    return { ...cache, admin, key, original };
  }

  test("is a miss, wherever it was damaged, and is replaced", { timeout: 60_000 }, async () => {
    const { admin, key, original, user, untilHit, seen } = await entryOf(1);
    const damaged: Uint8Array[] = [
      Buffer.alloc(0),
      bytes("foreign"),
      bytes('{"id":1,"name":"foreign"}'),
      Buffer.concat([original, bytes("x")]),
      Buffer.from(original).fill(0, 30),
      Buffer.alloc(4_000_000, original[0]),
      original.subarray(1),
    ];
    for (let length = 1; length < original.length; length += 7) damaged.push(original.subarray(0, length));
    for (let at = 0; at < original.length; at += 5) {
      damaged.push(original.map((byte, i) => (i === at ? byte ^ 0x20 : byte)));
    }
    for (const version of [0, 1, 2, 255]) damaged.push(original.map((byte, i) => (i === 1 ? version : byte)));

    for (const bytesInRedis of damaged) {
      await admin.set(key, Buffer.from(bytesInRedis), "EX", 60);
      const { data, info } = await user(1);
      expect(data?.name).toBe("User 1");
      expect(info).toMatchObject({ status: "miss", reason: "damaged" });
      await untilHit(1);
    }
    expect(seen("miss").filter(({ reason }) => reason === "damaged")).toHaveLength(damaged.length);
  });

  test("is a miss where the key holds something of another type", async () => {
    const { admin, key, user, untilHit } = await entryOf(1);
    await admin.del(key);
    await admin.rpush(key, "foreign");
    expect(await user(1)).toMatchObject({ data: { name: "User 1" }, info: { status: "miss" } });
    await untilHit(1);
  });

  test.each<[string, string | null]>([
    ["no token", null],
    ["a text", "garbage"],
    ["a token of another server", `T${"x".repeat(8)}${"y".repeat(16)}`],
    ["a token that is too long", `T${"x".repeat(40)}`],
    ["a lock that is none", "L--|||"],
    ["a list", "list"],
  ])("is a miss where a tag holds %s", async (_, text) => {
    const { admin, nameOf, rename, user, untilHit } = await entryOf(1);
    for (const tag of await admin.keys("shop:tag:*")) {
      await admin.del(tag);
      if (text === "list") await admin.rpush(tag, "foreign");
      else if (text !== null) await admin.set(tag, text, "EX", 60);
    }
    expect(await user(1)).toMatchObject({ data: { name: "User 1" }, info: { status: "miss" } });
    await untilHit(1);
    await rename(1, "renamed");
    expect(await nameOf(1)).toBe("renamed");
  });
});
