import type { Level } from "./child/hits.js";
import type { MixSize } from "./mix/workload.js";
import type { CaseName } from "./report/result.js";
import type { SubjectName } from "./subjects/names.js";

/** How long and how often everything is measured. */
export interface Scale {
  readonly rounds: number;
  /** Subjects whose figures in a case are not worth the time. */
  readonly skipped: Readonly<Partial<Record<CaseName, readonly SubjectName[]>>>;
  readonly hits: {
    /** Milliseconds before each scenario. */
    readonly warmUp: number;
    readonly levels: readonly Level[];
    /** How many different ones of each scenario. */
    readonly reads: number;
  };
  /** Operations. The warm-up is long: after a short one, V8 is still compiling what only misses run. */
  readonly misses: { readonly warmUp: number; readonly measured: number };
  readonly writes: {
    readonly foreignKeys: readonly number[];
    readonly warmUp: number;
    readonly writes: number;
    /** Milliseconds, for the warm-up and for the writes. */
    readonly atMost: number;
  };
  /** Operations. Likewise. */
  readonly mixed: { readonly size: MixSize; readonly warmUp: number; readonly measured: number };
  readonly stampede: {
    /** Each with a list of its own. */
    readonly repetitions: number;
    /** How often other lists are read before. */
    readonly warmUps: number;
  };
  /** After so many different rows the heap is looked at. */
  readonly memory: { readonly steps: readonly number[] };
  /** `turn`: milliseconds. */
  readonly observers: { readonly reads: number; readonly turns: number; readonly turn: number };
  readonly importTime: { readonly processes: number };
  readonly compilerCost: { readonly models: number };
}

/** Figures to publish. */
export const FULL: Scale = {
  rounds: 5,
  skipped: {},
  hits: {
    warmUp: 300,
    reads: 300,
    levels: [
      { inFlight: 1, milliseconds: 200 },
      { inFlight: 32, milliseconds: 500 },
      { inFlight: 256, milliseconds: 200 },
    ],
  },
  misses: { warmUp: 16_000, measured: 16_000 },
  writes: { foreignKeys: [0, 100_000, 1_000_000], warmUp: 1500, writes: 1500, atMost: 5000 },
  mixed: { size: { rows: 10_000, parents: 500 }, warmUp: 30_000, measured: 20_000 },
  stampede: { repetitions: 5, warmUps: 5 },
  memory: { steps: [100_000, 200_000] },
  observers: { reads: 300, turns: 100, turn: 20 },
  importTime: { processes: 15 },
  compilerCost: { models: 100 },
};

/** Every case once, within a minute: shows that all work, and the order of magnitude. */
export const QUICK: Scale = {
  rounds: 1,
  skipped: {
    misses: ["hand-written", "L2 without fast path"],
    // Every other one measures it beside itself.
    writes: ["prisma", "lock and release", "lock first", "lock meanwhile", "lock exactly", "lock beside", "L1 tracked"],
    mixed: ["bare", "by model"],
    stampede: ["prisma", "hand-written", "L1 tracked"],
    memory: ["prisma", "hand-written", "L1 tracked, shared"],
  },
  hits: {
    warmUp: 60,
    reads: 40,
    levels: [
      { inFlight: 1, milliseconds: 15 },
      { inFlight: 32, milliseconds: 60 },
      { inFlight: 256, milliseconds: 15 },
    ],
  },
  misses: { warmUp: 300, measured: 900 },
  writes: { foreignKeys: [0, 20_000], warmUp: 30, writes: 90, atMost: 150 },
  mixed: { size: { rows: 500, parents: 25 }, warmUp: 100, measured: 600 },
  stampede: { repetitions: 1, warmUps: 1 },
  memory: { steps: [500, 1000] },
  observers: { reads: 40, turns: 30, turn: 10 },
  importTime: { processes: 3 },
  compilerCost: { models: 10 },
};
