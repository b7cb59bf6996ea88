import type { Level } from "./child/hits.js";
import type { MixSize } from "./mix/workload.js";

/** How long and how often everything is measured. */
export interface Scale {
  readonly rounds: number;
  readonly hits: {
    /** Milliseconds before each scenario. */
    readonly warmUp: number;
    readonly levels: readonly Level[];
    /** How many different ones of each scenario. */
    readonly reads: number;
  };
  /** Operations. */
  readonly misses: { readonly warmUp: number; readonly measured: number };
  readonly writes: {
    readonly foreignKeys: readonly number[];
    readonly writes: number;
    /** Milliseconds. */
    readonly atMost: number;
  };
  readonly mixed: { readonly size: MixSize; readonly warmUp: number; readonly measured: number };
  /** Each with a list of its own. */
  readonly stampede: { readonly repetitions: number };
  /** After so many different rows the heap is looked at. */
  readonly memory: { readonly steps: readonly number[] };
  readonly importTime: { readonly processes: number };
  readonly compilerCost: { readonly models: number };
}

/** Figures to publish. */
export const FULL: Scale = {
  rounds: 5,
  hits: {
    warmUp: 500,
    reads: 300,
    levels: [
      { inFlight: 1, milliseconds: 300 },
      { inFlight: 32, milliseconds: 600 },
      { inFlight: 256, milliseconds: 300 },
    ],
  },
  misses: { warmUp: 4000, measured: 16_000 },
  writes: { foreignKeys: [0, 100_000, 1_000_000], writes: 1500, atMost: 4000 },
  mixed: { size: { rows: 10_000, parents: 500 }, warmUp: 5000, measured: 20_000 },
  stampede: { repetitions: 5 },
  memory: { steps: [100_000, 200_000] },
  importTime: { processes: 15 },
  compilerCost: { models: 100 },
};

/** Every case once, within a minute: shows that all work, and the order of magnitude. */
export const QUICK: Scale = {
  rounds: 1,
  hits: {
    warmUp: 80,
    reads: 64,
    levels: [
      { inFlight: 1, milliseconds: 20 },
      { inFlight: 32, milliseconds: 80 },
      { inFlight: 256, milliseconds: 20 },
    ],
  },
  misses: { warmUp: 500, measured: 1500 },
  writes: { foreignKeys: [0, 20_000], writes: 150, atMost: 200 },
  mixed: { size: { rows: 500, parents: 25 }, warmUp: 200, measured: 1000 },
  stampede: { repetitions: 1 },
  memory: { steps: [1000, 2000] },
  importTime: { processes: 3 },
  compilerCost: { models: 10 },
};
