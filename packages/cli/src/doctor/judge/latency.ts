import { error, note, ok, warning, type Finding } from "../finding.js";
import { percentile } from "../../percentile.js";
import { spellTime } from "../spell.js";

const ID = "latency";
/** Milliseconds from which on a round trip is no longer one within a data centre. */
const FAR = 5;

export interface LatencyFacts {
  /** Milliseconds of each PING. */
  readonly pings: readonly number[];
  /** How long a read of the application waits for the cache, in milliseconds. */
  readonly deadline: number;
}

/** Whether the server answers soon enough. */
export function judgeLatency({ pings, deadline }: LatencyFacts): Finding[] {
  if (pings.length === 0) return [];
  const sorted = [...pings].sort((a, b) => a - b);
  const [half, most, all] = [0.5, 0.95, 1].map((share) => percentile(sorted, share)) as [number, number, number];
  const found = `PING takes ${spellTime(half)} (median), ${spellTime(most)} (95 %), ${spellTime(all)} (longest of ${pings.length}).`;
  const advice =
    "Use a Redis in the same data centre. Look for slow commands (SLOWLOG GET), a busy CPU, or a proxy in between. The option `deadline` lets reads wait longer.";
  if (half >= deadline) {
    return [
      error(
        ID,
        found,
        `Reads wait for the cache for ${spellTime(deadline)} (deadline) and then go to the database: nearly nothing would be served from the cache.`,
        advice,
      ),
    ];
  }
  if (most >= deadline / 2) {
    return [
      warning(
        ID,
        found,
        `Reads wait for the cache for ${spellTime(deadline)} (deadline) and then go to the database. Under load some will.`,
        advice,
      ),
    ];
  }
  if (half < FAR) return [ok(ID, found)];
  return [note(ID, found, "A hit takes one round trip, a write of the application two more.", advice)];
}
