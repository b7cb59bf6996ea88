import type { Level } from "./child/hits.js";

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
};

/** Every case once, within a minute: shows that all work, and the order of magnitude. */
export const QUICK: Scale = {
  rounds: 1,
  hits: {
    warmUp: 120,
    reads: 64,
    levels: [
      { inFlight: 1, milliseconds: 40 },
      { inFlight: 32, milliseconds: 160 },
      { inFlight: 256, milliseconds: 40 },
    ],
  },
};
