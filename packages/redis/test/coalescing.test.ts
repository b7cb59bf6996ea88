import { anyTag, QUARANTINED, rowTag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { admin, connect, LONG, server, stateOf, TAG, TAG_KEY, unavailable } from "./kit.js";

const WIDE = anyTag("Product");
const rows = (count: number) => Array.from({ length: count }, (_, i) => rowTag("Product", [String(i)]));
const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));

async function start() {
  const running = await server();
  const redis = admin(running);
  const store = await connect({ redis: running.url });
  const calls = async (command: string) => {
    const stats = await redis.info("commandstats");
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };
  /** How many keys the server was asked for by MGET, hits and misses. */
  const keysRead = async () => {
    const stats = await redis.info("stats");
    return ["hits", "misses"].reduce(
      (sum, name) => sum + Number(new RegExp(`keyspace_${name}:(\\d+)`).exec(stats)![1]),
      0,
    );
  };
  return { running, redis, store, calls, keysRead };
}

describe("lookups of one tick", () => {
  it("go out together, each key once, and each gets what it asked for", async () => {
    const { redis, store, calls, keysRead } = await start();
    const tags = rows(20);
    const states = await store.mint([WIDE, ...tags], [LONG, ...tags.map(() => LONG)]);
    for (const i of tags.keys()) await store.fill(`entry${i}`, Buffer.from(`value${i}`), LONG);
    await redis.config("RESETSTAT");
    const lookups = await Promise.all(
      tags.map(async (tag, i) => {
        // Some a little later, as those are that wait for the same answer.
        if (i % 2 === 1) await Promise.resolve();
        return store.lookup(`entry${i}`, i % 3 === 0 ? [WIDE, tag] : [tag, WIDE]);
      }),
    );
    for (const [i, { entry, tokens }] of lookups.entries()) {
      expect(Buffer.from(entry!).toString()).toBe(`value${i}`);
      const own = states[i + 1];
      expect(tokens).toEqual(i % 3 === 0 ? [states[0], own] : [own, states[0]]);
    }
    expect(await calls("mget")).toBe(1);
    expect(await keysRead()).toBe(41);
  });

  it("of one entry get a copy each, to do with what they like", async () => {
    const { store, calls, redis } = await start();
    await store.fill("key", Buffer.from("entry"), LONG);
    await redis.config("RESETSTAT");
    const [first, second, none] = await Promise.all([
      store.lookup("key", []),
      store.lookup("key", [TAG]),
      store.lookup("none", [TAG, TAG]),
    ]);
    first.entry!.fill(0);
    expect(Buffer.from(second.entry!).toString()).toBe("entry");
    expect(none).toEqual({ entry: null, tokens: [null, null] });
    expect(await calls("mget")).toBe(1);
  });

  it("are divided into commands that do not keep others waiting", async () => {
    const { store, calls, redis } = await start();
    await redis.config("RESETSTAT");
    await Promise.all(Array.from({ length: 130 }, (_, i) => store.lookup(`key${i}`, [TAG])));
    expect(await calls("mget")).toBe(3);
    await redis.config("RESETSTAT");
    const many = rows(300);
    const [all, , alone] = await Promise.all([
      store.lookup("a", many),
      store.lookup("b", many.slice(1)),
      store.lookup("c", rows(1_000)),
    ]);
    expect([all.tokens.length, alone.tokens.length]).toEqual([300, 1_000]);
    expect(await calls("mget")).toBe(3);
  });

  it("are answered rightly while those of other ticks are under way", async () => {
    const { store } = await start();
    const tags = rows(30);
    const states = await store.mint(
      tags,
      tags.map(() => LONG),
    );
    const work: Promise<void>[] = [];
    for (let round = 0; round < 50; round++) {
      for (let reader = 0; reader < 3; reader++) {
        // Other tags, in another order and at another place, each time.
        const asked = tags.map((_, i) => (i * 7 + round * 3 + reader) % tags.length).slice(reader * 5);
        const check = async () => {
          const lookup = await store.lookup(
            `key${round}`,
            asked.map((i) => tags[i] ?? TAG),
          );
          expect(lookup.tokens).toEqual(asked.map((i) => states[i]));
        };
        work.push(check());
      }
      await nextTick();
    }
    await Promise.all(work);
  });

  it("are all rejected when their command is, and those of the next tick are not", async () => {
    const { store, redis } = await start();
    await redis.call("ACL", ["SETUSER", "default", "-mget"]);
    const lost = await Promise.allSettled([store.lookup("a", [TAG]), store.lookup("b", [])]);
    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await redis.call("ACL", ["SETUSER", "default", "+mget"]);
    await store.lookup("a", [TAG]);
    store.reconnect();
    await expect(Promise.all([store.lookup("a", [TAG]), store.lookup("b", [])])).rejects.toEqual(unavailable);
  });

  it("see what had been answered before they were asked for", async () => {
    const { store } = await start();
    for (let i = 0; i < 20; i++) {
      const [token] = await store.mint([TAG], [LONG]);
      const early = store.lookup("key", [TAG]);
      expect((await early).tokens).toEqual([token]);
      await store.quarantine("w", [TAG], LONG);
      expect(await stateOf(store, TAG)).toBe(QUARANTINED);
      await store.release("w", { changed: [TAG], unchanged: [] });
      const after = await stateOf(store, TAG);
      expect([token, QUARANTINED]).not.toContain(after);
    }
  });
});

describe("what is remembered of a tag", () => {
  it("is never believed without the server: other tokens, locks, other texts, another epoch", async () => {
    const { store, redis } = await start();
    const [token] = await store.mint([TAG], [LONG]);
    expect(await stateOf(store, TAG)).toBe(token);
    const texts = [`${token!.toString()}x`, token!.toString().slice(0, -1), `X${token!.toString().slice(1)}`];
    for (const text of texts) {
      await redis.set(TAG_KEY, text);
      expect(await stateOf(store, TAG)).toBeNull();
    }
    const other = `${token!.toString().slice(0, -1)}${token!.toString().endsWith("A") ? "B" : "A"}`;
    await redis.set(TAG_KEY, other);
    expect(await stateOf(store, TAG)).toBe(other);
    await store.quarantine("w", [TAG], LONG);
    expect(await stateOf(store, TAG)).toBe(QUARANTINED);
    await store.release("w", { changed: [], unchanged: [TAG] });
    await redis.set(TAG_KEY, token!.toString());
    expect(await stateOf(store, TAG)).toBe(token);
    const another = await server();
    await redis.replicaof("127.0.0.1", another.port);
    await redis.replicaof("NO", "ONE");
    await redis.set(TAG_KEY, token!.toString());
    await store.probe();
    expect(await stateOf(store, TAG)).toBeNull();
  });

  it("is forgotten for others, and found again", async () => {
    const { store } = await start();
    const tags = rows(20_000);
    const some = tags.slice(0, 5);
    const states = await store.mint(
      some,
      some.map(() => LONG),
    );
    for (let i = 0; i < tags.length; i += 1_000) await store.lookup("key", tags.slice(i, i + 1_000));
    expect((await store.lookup("key", some)).tokens).toEqual(states);
  });
});

describe("mints of one tick", () => {
  it("go out together, one call for each group, and give all the same tokens", async () => {
    const { store, redis, calls } = await start();
    const order = anyTag("Order");
    await redis.config("RESETSTAT");
    const minted = await Promise.all(rows(20).map((tag) => store.mint([tag, WIDE, order], [LONG, LONG, LONG])));
    expect(await calls("evalsha")).toBe(2);
    expect(new Set(minted.map(([own]) => own)).size).toBe(20);
    expect(new Set(minted.map(([, wide]) => wide)).size).toBe(1);
    expect(await store.mint([order], [LONG])).toEqual(minted[0]?.slice(2));
  });

  it("give a tag the longest of the lives that were asked for", async () => {
    const { store, redis } = await start();
    await Promise.all([store.mint([TAG], [1_000]), store.mint([TAG], [LONG]), store.mint([TAG], [2_000])]);
    expect(await redis.pttl(TAG_KEY)).toBeGreaterThan(LONG - 10_000);
  });

  it("are all rejected when the server refuses", async () => {
    const { store, redis } = await start();
    await redis.call("ACL", ["SETUSER", "default", "-set"]);
    const lost = await Promise.allSettled([store.mint([TAG], [LONG]), store.mint([WIDE], [LONG])]);
    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});
