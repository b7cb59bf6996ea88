import type { Seed } from "../generate/seeds.js";
import type { Read, Write } from "../operation.js";
import type { Seen, Side, World } from "./world.js";

export interface HistoryStep {
  readonly write: Write;
  /** The cached client that writes; the other one is the first to read. */
  readonly via: Side;
}

/** Rows, reads that are asked before the first write and after each, and the writes. */
export interface History {
  readonly seeds: readonly Seed[];
  readonly reads: readonly Read[];
  readonly steps: readonly HistoryStep[];
}

export interface Mismatch {
  readonly step: number;
  readonly read: Read;
  readonly client: Side;
  readonly difference: string;
}

/** The cached client that reads first after a write: now the one that wrote, now the other. */
export function firstReader(step: number): Side {
  return step % 4 < 2 ? 0 : 1;
}

/** Runs a history from fresh tables until an answer is wrong. */
export async function replay(world: World, { seeds, reads, steps }: History): Promise<Mismatch | null> {
  await world.begin(seeds);
  await world.ask(reads, 0);
  for (const [index, { write, via }] of steps.entries()) {
    await world.write(write, via);
    const seen = await world.ask(reads, firstReader(index));
    const mismatch = mismatchIn(reads, seen, index);
    if (mismatch) return mismatch;
  }
  return null;
}

export function mismatchIn(reads: readonly Read[], seen: readonly Seen[], step: number): Mismatch | null {
  for (const [i, { difference }] of seen.entries()) {
    if (difference) return { step, read: reads[i] as Read, client: difference.client, difference: difference.text };
  }
  return null;
}
