import { expect, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { cacheBefore, LONGEST_CALL, ownRedis, PATIENCE, proxyTo, timed, urlOf } from "./support/world.js";

test("Redis slower than the deadline is left aside, and used again when it is fast", async () => {
  const redis = await ownRedis();
  const proxy = await proxyTo(redis.port);
  const { plain } = await hookedDatabase();
  const { cached, user, nameOf, rename, untilHit, seen } = cacheBefore(plain, urlOf(proxy), { lease: "1s" });
  await untilHit(1);

  proxy.delay(400);
  let longest = 0;
  for (let i = 0; i < 12; i++) {
    const write = await timed(() => rename(1, `slow ${i}`));
    const read = await timed(() => nameOf(1));
    expect(read.result).toBe(`slow ${i}`);
    longest = Math.max(longest, write.milliseconds, read.milliseconds);
  }
  expect(longest).toBeLessThan(LONGEST_CALL);
  expect(seen("breaker").map(({ state }) => state)).toContain("open");
  expect(cached.$cache.stats().breaker).toMatchObject({ state: "open" });
  expect(cached.$cache.stats().reads.bypassReasons).toHaveProperty("recovering");

  // Of a quarantine that ran too late nobody has released the lock: it lapses.
  proxy.delay(0);
  await untilHit(1);
  expect((await user(1)).data?.name).toBe("slow 11");
  await expect.poll(() => cached.$cache.stats().breaker.state, PATIENCE).toBe("closed");
  expect(cached.$cache.stats().recovering).toBe(0);
});

test("a slow but answering Redis, within a longer deadline, serves", async () => {
  const redis = await ownRedis();
  const proxy = await proxyTo(redis.port);
  const { plain, statements } = await hookedDatabase();
  const { user, untilHit } = cacheBefore(plain, urlOf(proxy), { deadline: "5s", writeDeadline: "5s" });
  await untilHit(1);
  proxy.delay(60);
  const before = statements.length;
  expect((await user(1)).info.status).toBe("hit");
  expect(statements.length).toBe(before);
});
