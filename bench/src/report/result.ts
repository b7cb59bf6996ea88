/** What one run found out; everything that is reported comes out of this, and it is what is kept as JSON. */
export interface BenchResult {
  readonly format: 1;
  readonly command: string;
  /** ISO 8601. */
  readonly date: string;
  readonly seconds: number;
  readonly isQuick: boolean;
  readonly environment: Environment;
  readonly measurements: readonly Measurement[];
  readonly leftOut: readonly LeftOut[];
}

export interface Environment {
  readonly machine: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** By name: node, redis, postgresql, prisma, … */
  readonly versions: Readonly<Record<string, string>>;
}

export type CaseName =
  | "hits"
  | "misses"
  | "writes"
  | "mixed"
  | "stampede"
  | "memory"
  | "observers"
  | "import time"
  | "installed size"
  | "compiler cost";

/** What was measured. */
export interface Place {
  readonly case: CaseName;
  readonly scenario: string;
  readonly subject: string;
  /** Operations at a time. */
  readonly inFlight?: number;
}

export interface Measurement extends Place {
  /** Of each figure its value in every round. */
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

export interface LeftOut {
  readonly subject: string;
  readonly reason: string;
}

/** Collects the figures of all rounds. */
export class Recorder {
  readonly #measurements = new Map<string, { place: Place; figures: Record<string, number[]> }>();

  record(place: Place, figures: Readonly<Record<string, number>>): void {
    const key = JSON.stringify([place.case, place.scenario, place.subject, place.inFlight]);
    const known = this.#measurements.get(key) ?? { place, figures: {} };
    this.#measurements.set(key, known);
    for (const [name, value] of Object.entries(figures)) (known.figures[name] ??= []).push(significant(value));
  }

  measurements(): Measurement[] {
    return [...this.#measurements.values()].map(({ place, figures }) => ({ ...place, figures }));
  }
}

/** Four digits: more would be noise. Whole numbers stay as they are. */
function significant(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
