import { cacheExtension } from "@evercache/prisma";
import { describe, expect, test } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";
import type { Prisma, PrismaClient } from "../setup/generated/postgresql/client.js";
import { READS, seededRandom } from "./shop-queries.js";
import { RAW_WRITES, RETURNING_WRITES, WRITES } from "./shop-writes.js";
import { sameByType } from "./same-by-type.js";

const STEPS = 50;
const READS_PER_STEP = 24;

/**
 * What the differential check does at `bounded`, here at `strict`: after each of many random writes, random reads through the cache must return what the database returns to a client
 * without it: the same values, of the same types. The reads stay in the cache from step to step, so that a write which
 * does not drop what it changed is found out.
 */
describe.each(providers())("%s", (provider: Provider) => {
  test("random writes leave nothing stale at strict", { timeout: 240_000 }, async () => {
    const { prisma: plain } = await testShop(provider);
    const cached = plain.$extends(
      cacheExtension({
        redis: redisUrl(),
        namespace: `differential-${provider}-${process.pid}`,
        consistency: "strict",
        defaults: { ttl: "1h", adaptive: false },
        deadline: "10s",
        writeDeadline: "10s",
      }),
    );
    const random = seededRandom(2);
    const writes = provider === "mysql" ? WRITES : [...WRITES, ...RETURNING_WRITES];
    let refused = 0;

    for (let step = 0; step < STEPS; step++) {
      const kind = random(10);
      let run: () => PromiseLike<unknown>;
      if (kind === 0) {
        const write = RAW_WRITES[random(RAW_WRITES.length)]!(random, provider === "mysql" ? "`" : '"');
        run = () => write(cached as unknown as PrismaClient);
      } else if (kind <= 2) {
        const [one, two] = [writes[random(writes.length)]!(random), writes[random(writes.length)]!(random)];
        const rollBack = random(3) === 0;
        run = () =>
          cached.$transaction(async (tx) => {
            await one(tx);
            await two(tx);
            if (rollBack) throw new Error("rolled back");
          });
      } else if (kind === 3) {
        const members = [
          writes[random(writes.length)]!(random),
          READS[random(READS.length)]!(random),
          writes[random(writes.length)]!(random),
        ];
        // What the pools return is Prisma's, whatever they say of it.
        run = () => cached.$transaction(members.map((member) => member(cached) as Prisma.PrismaPromise<unknown>));
      } else {
        const write = writes[random(writes.length)]!(random);
        run = () => write(cached);
      }
      const text = run.toString();
      try {
        await run();
      } catch {
        refused++;
      }

      for (let i = 0; i < READS_PER_STEP; i++) {
        const read = READS[random(READS.length)]!(random);
        const [fromCache, fromDatabase] = [await read(cached), await read(plain)];
        const difference = sameByType(fromCache, fromDatabase);
        if (difference !== null) {
          expect.fail(
            `step ${step}, kind ${kind}: after ${text}\nthe read ${read.toString()}\ndiffers at ${difference}`,
          );
        }
      }
    }

    const { reads } = cached.$cache.stats();
    // Without hits nothing would have been tested, and without refusals no rollback.
    expect(reads.hit).toBeGreaterThan(STEPS * READS_PER_STEP * 0.1);
    expect(refused).toBeGreaterThan(STEPS * 0.1);
    expect(refused).toBeLessThan(STEPS * 0.8);
    await cached.$disconnect();
  });
});
