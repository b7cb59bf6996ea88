import { median } from "../figures.js";
import type { BenchResult, Place } from "./result.js";

/** The median over all rounds, `undefined` where it was not measured. */
export function figureOf({ measurements }: Pick<BenchResult, "measurements">, place: Place, name: string) {
  const found = measurements.find(
    (measurement) =>
      measurement.case === place.case &&
      measurement.scenario === place.scenario &&
      measurement.subject === place.subject &&
      measurement.inFlight === place.inFlight,
  );
  const values = found?.figures[name];
  return values === undefined ? undefined : median(values);
}
