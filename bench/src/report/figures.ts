import { median } from "../figures.js";
import { SUBJECT_NAMES } from "../subjects/names.js";
import type { BenchResult, CaseName, Place } from "./result.js";

type Measured = Pick<BenchResult, "measurements">;

/** Its value in each round, `[]` where it was not measured. */
export function roundsOf({ measurements }: Measured, place: Place, name: string): readonly number[] {
  const found = measurements.find(
    (measurement) =>
      measurement.case === place.case &&
      measurement.scenario === place.scenario &&
      measurement.subject === place.subject &&
      measurement.inFlight === place.inFlight,
  );
  return found?.figures[name] ?? [];
}

/** The median over all rounds, `undefined` where it was not measured. */
export function figureOf(result: Measured, place: Place, name: string): number | undefined {
  const values = roundsOf(result, place, name);
  return values.length === 0 ? undefined : median(values);
}

/** Without repetition, in the order of their first measurement. */
export function scenariosOf({ measurements }: Measured, name: CaseName): string[] {
  return [...new Set(measurements.flatMap((one) => (one.case === name ? [one.scenario] : [])))];
}

/** In the order of the tables; what is no subject comes last, in the order of its first measurement. */
export function subjectsOf({ measurements }: Measured, name: CaseName): string[] {
  const measured = new Set(measurements.flatMap((one) => (one.case === name ? [one.subject] : [])));
  return [...new Set([...SUBJECT_NAMES.filter((subject) => measured.has(subject)), ...measured])];
}

/** `undefined` where one of them is. */
export function ratio(dividend: number | undefined, divisor: number | undefined): number | undefined {
  return dividend === undefined || divisor === undefined || divisor === 0 ? undefined : dividend / divisor;
}
