import type { Observer, StatsRound } from "@evercache/core";
import { messageOf } from "../cli-error.js";
import type { RedisConnection } from "../connection/connection.js";
import { askRedis, type RedisFigures } from "./redis-figures.js";

/** What processes and Redis said at one time; of either, why it said nothing. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly round: StatsRound | { readonly error: string };
  readonly redis: RedisFigures | { readonly error: string };
}

/** Asks all at once, for `patience` milliseconds. */
export async function takeSample(
  { observer, connection }: { readonly observer: Observer; readonly connection: RedisConnection },
  patience: number,
  /** Of so many queries of each kind, too. */
  queries: number,
): Promise<Sample> {
  const orError = (error: unknown) => ({ error: messageOf(error) });
  const [round, redis] = await Promise.all([
    observer.stats(patience, queries).catch(orError),
    askRedis(connection.redis).catch(orError),
  ]);
  return { at: Date.now(), round, redis };
}

export function answersOf(sample: Sample | null): StatsRound["answers"] | null {
  return sample && "answers" in sample.round ? sample.round.answers : null;
}
