import { describe, expect, test } from "vitest";
import { READS, seededRandom } from "../integration/shop-queries.js";
import { sameByType } from "../integration/same-by-type.js";
import { WRITES } from "../integration/shop-writes.js";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, ownRedis, PATIENCE } from "./support/world.js";

/** Random writes and reads, with something done to Redis at each step, which may fall anywhere among them. */
describe.each([
  ["FLUSHALL", 2],
  ["SCRIPT FLUSH", 1],
  ["CLIENT KILL TYPE normal", 4],
])("while %s comes in between", (interruption, every) => {
  test("nothing fails and nothing is stale", { timeout: 120_000 }, async () => {
    const redis = await ownRedis();
    const admin = adminOf(redis);
    const { plain } = await hookedDatabase();
    const { cached, seen, untilHit } = cacheBefore(plain, redis.url, { defaults: { ttl: "1h" }, lease: "1s" });
    await untilHit(1);
    const random = seededRandom(9);
    const [command = "", ...args] = interruption.split(" ");
    let done = 0;
    const interrupt = async () => {
      await admin.call(command, ...args);
      done++;
    };

    for (let step = 0; step < 80; step++) {
      const write = WRITES[random(WRITES.length)]!(random);
      const refusal = Promise.resolve(write(cached as never)).then(
        () => null,
        (error: unknown) => error,
      );
      await Promise.all([refusal, step % every === 0 ? interrupt() : undefined]);
      // The database may refuse; the cache may not.
      expect(String(await refusal)).not.toMatch(/redis|evercache|connection/i);
      for (let i = 0; i < 8; i++) {
        const read = READS[random(READS.length)]!(random);
        const difference = sameByType(await read(cached), await read(plain));
        expect(difference, `step ${step}: ${write.toString()} then ${read.toString()}`).toBeNull();
      }
    }
    expect(done).toBe(80 / every);
    await expect.poll(() => cached.$cache.stats().recovering, PATIENCE).toBe(0);
    await untilHit(1);
    expect(cached.$cache.stats().reads.hit).toBeGreaterThan(10);
    if (command === "CLIENT")
      expect(seen("store").filter(({ status }) => status === "unavailable").length).toBeGreaterThan(5);
  });
});
