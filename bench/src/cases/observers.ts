import { inProcess } from "../process.js";
import { median } from "../figures.js";
import { shopOf } from "../queries.js";
import { OBSERVED_SCENARIO, OBSERVERS } from "../scenario-names.js";
import type { RunCase } from "./case.js";

const IN_FLIGHT = 32;

/** What hits in process memory cost while somebody looks on. */
export const observers: RunCase = async ({ redis, redisUrl, createShop, scale, record, progress }) => {
  const { reads, ...rest } = scale.observers;
  const databaseUrl = await createShop("observers", shopOf(reads));
  for (let round = 1; round <= scale.rounds; round++) {
    await redis.flushall();
    const job = { reads, inFlight: IN_FLIGHT, ...rest, databaseUrl, redisUrl };
    const speeds = await inProcess("observers", job);
    for (const subject of OBSERVERS) {
      const perSecond = median(speeds[subject]);
      // Of each turn by itself: what else the machine does meanwhile strikes both.
      const besideNobody = median(speeds[subject].map((speed, turn) => speed / speeds.nobody[turn]!));
      const figures = { perSecond, besideNobody };
      record({ case: "observers", scenario: OBSERVED_SCENARIO, subject, inFlight: IN_FLIGHT }, figures);
      progress(`observers, round ${round}, ${subject}: ${Math.round(perSecond)}/s`);
    }
  }
};
