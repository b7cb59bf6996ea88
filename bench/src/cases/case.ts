import type { Redis } from "ioredis";
import type { Workload } from "../mix/workload.js";
import type { Scenario } from "../queries.js";
import type { Place } from "../report/result.js";
import type { Scale } from "../scale.js";
import type { ShopSize } from "../shop.js";
import type { SubjectName } from "../subjects/names.js";

/** What a case is given: servers that nothing else uses, and where its figures go. */
export interface Context {
  readonly redisUrl: string;
  readonly redis: Redis;
  /** A database with a shop of that size, and its URL. */
  readonly createShop: (name: string, size: ShopSize) => Promise<string>;
  readonly refillShop: (databaseUrl: string, size: ShopSize) => Promise<void>;
  /** Of the mixed case. */
  readonly workloads: readonly Workload[];
  /** Of the hits. */
  readonly scenarios: readonly Scenario[];
  readonly scale: Scale;
  /** Those of the subjects that can be had, and were asked for. */
  readonly among: <N extends SubjectName>(names: readonly N[]) => readonly N[];
  /** Of each round once. */
  readonly record: (place: Place, figures: Readonly<Record<string, number>>) => void;
  /** What the user may see while it takes long. */
  readonly progress: (line: string) => void;
}

export type RunCase = (context: Context) => Promise<void>;

/** Runs `act` for every round, and in each for every subject: a machine that gets slower does so for all of them. */
export async function interleaved<N>(
  rounds: number,
  subjects: readonly N[],
  act: (subject: N, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) await act(subject, round);
  }
}
