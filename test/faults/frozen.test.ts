import { expect, onTestFinished, test } from "vitest";
import { seededRandom } from "../integration/shop-queries.js";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, LONGEST_CALL, ownRedis, PATIENCE, timed } from "./support/world.js";

const USERS = [1, 2, 3, 4] as const;

/**
 * One writer for each of two rows and many readers of all, until `end`. Each name is a number that grows, and is noted when
 * its write is acknowledged: a reader who finds a smaller one than was noted before it began has found a stale row.
 */
function load({ nameOf, rename }: Pick<ReturnType<typeof cacheBefore>, "nameOf" | "rename">) {
  const acknowledged = new Map<number, number>(USERS.map((id) => [id, 0]));
  const found = { reads: 0, writes: 0, stale: [] as string[], longest: 0 };
  const random = seededRandom(11);
  const stop = new AbortController();

  const note = (milliseconds: number) => (found.longest = Math.max(found.longest, milliseconds));
  const write = async (id: number) => {
    while (!stop.signal.aborted) {
      const next = acknowledged.get(id)! + 1;
      note((await timed(() => rename(id, String(next)))).milliseconds);
      acknowledged.set(id, next);
      found.writes++;
    }
  };
  const read = async () => {
    while (!stop.signal.aborted) {
      const id = USERS[random(USERS.length)]!;
      const least = acknowledged.get(id)!;
      const { result, milliseconds } = await timed(() => nameOf(id));
      note(milliseconds);
      if (Number(result) < least) found.stale.push(`user ${id}: ${result} after ${least}`);
      found.reads++;
    }
  };
  const done = Promise.all([...USERS.slice(0, 2).map(write), ...Array.from({ length: 12 }, read)]);
  return {
    found,
    acknowledged,
    end: async () => {
      stop.abort();
      await done;
    },
  };
}

test("a frozen Redis under load: no error, no long call, and nothing stale when it goes on", async () => {
  const redis = await ownRedis();
  onTestFinished(() => redis.resume());
  const { plain } = await hookedDatabase();
  await plain.user.updateMany({ data: { name: "0" } });
  const cache = cacheBefore(plain, redis.url);
  const { cached, seen, untilHit, nameOf } = cache;
  await untilHit(1);

  const running = load(cache);
  const until = (check: () => boolean) => expect.poll(check, PATIENCE).toBe(true);
  await until(() => running.found.reads > 200 && running.found.writes > 10);

  await redis.pause();
  const { reads, writes } = running.found;
  await until(() => cached.$cache.stats().breaker.state === "open");
  await until(() => running.found.reads > reads + 300 && running.found.writes > writes + 30);
  expect(cached.$cache.stats().recovering).toBeGreaterThan(0);

  await redis.resume();
  await until(() => cached.$cache.stats().recovering === 0 && cached.$cache.stats().breaker.state === "closed");
  const hits = cached.$cache.stats().reads.hit;
  await until(() => cached.$cache.stats().reads.hit > hits + 100);
  await running.end();

  expect(running.found.stale).toEqual([]);
  expect(running.found.longest).toBeLessThan(2 * LONGEST_CALL);
  expect(seen("breaker").map(({ state }) => state)).toEqual(expect.arrayContaining(["open", "closed"]));
  for (const id of USERS) expect(Number(await nameOf(id))).toBe(running.acknowledged.get(id));
});

test(
  "a Redis that is frozen for long is given up for a new connection, and used again",
  { timeout: 40_000 },
  async () => {
    const redis = await ownRedis();
    onTestFinished(() => redis.resume());
    const { plain } = await hookedDatabase();
    const { cached, untilHit, rename, nameOf, seen } = cacheBefore(plain, redis.url);
    await untilHit(1);
    await redis.pause();
    await rename(1, "frozen");
    await expect.poll(() => seen("store").at(-1)?.status, { timeout: 20_000 }).toBe("unavailable");
    expect(await nameOf(1)).toBe("frozen");
    await redis.resume();
    await untilHit(1);
    expect(await nameOf(1)).toBe("frozen");
    expect(cached.$cache.stats().recovering).toBe(0);
  },
);

test("another process's entries are dropped as soon as the writer has reached Redis again", async () => {
  const redis = await ownRedis();
  onTestFinished(() => redis.resume());
  const { plain } = await hookedDatabase();
  const [writer, reader] = [cacheBefore(plain, redis.url), cacheBefore(plain, redis.url)];
  await reader.untilHit(1);
  await reader.untilHit(2);
  await redis.pause();
  await writer.rename(1, "frozen");
  await reader.rename(2, "frozen, too");
  await redis.resume();
  await expect.poll(() => writer.cached.$cache.stats().recovering, PATIENCE).toBe(0);
  await expect.poll(() => reader.cached.$cache.stats().recovering, PATIENCE).toBe(0);
  for (const { nameOf, untilHit } of [writer, reader]) {
    expect([await nameOf(1), await nameOf(2)]).toEqual(["frozen", "frozen, too"]);
    await untilHit(1);
  }
  // No lock was left behind by a quarantine that ran late.
  const left = await adminOf(redis).keys("shop:tag:*");
  const values = left.length > 0 ? await adminOf(redis).mget(left) : [];
  expect(values.filter((value) => value?.startsWith("L"))).toEqual([]);
});
