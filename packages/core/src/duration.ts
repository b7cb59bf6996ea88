import { EvercacheError } from "./errors.js";

/** A number of **seconds**, or a string with a unit: `"500ms"`, `"30s"`, `"5m"`, `"2h"`, `"1d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SPELLING = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
/** A year: longer times are mistakes of the unit, and Redis and timers have limits. */
export const LONGEST_DURATION = 366 * UNITS.d;

/**
 * Milliseconds, at least 1. `name` is the option as the user wrote it, for the error.
 * @throws EvercacheError `INVALID_DURATION`
 */
export function parseDuration(duration: unknown, name: string): number {
  const milliseconds = toMilliseconds(duration);
  if (milliseconds === undefined || !(milliseconds >= 1) || milliseconds > LONGEST_DURATION) {
    throw new EvercacheError(
      "INVALID_DURATION",
      `${name}: ${showValue(duration)} is not a duration. Write a positive number of seconds, or a string such as ` +
        `"500ms", "30s", "5m", "2h" or "1d" (at most 366d).`,
      { value: duration },
    );
  }
  return Math.round(milliseconds);
}

function toMilliseconds(duration: unknown): number | undefined {
  if (typeof duration === "number") return duration * 1000;
  if (typeof duration !== "string") return undefined;
  const match = SPELLING.exec(duration);
  return match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : undefined;
}

/** A value that is refused, as its error shows it. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
