import type { AdaptiveLimits } from "../adaptive/adaptive-switch.js";
import { OWN_LIMITS } from "../adaptive/adaptive-switches.js";
import { parseDuration } from "../duration.js";
import { EvercacheError } from "../errors.js";
import { asObject, checkNames } from "../options-check.js";

const SETTINGS = ["minHitRatio", "window", "minReads", "offFor", "maxOffFor"] as const;

/**
 * `base`: what holds without it.
 * @throws EvercacheError that names the setting as the user wrote it
 */
export function parseAdaptive(
  input: unknown,
  base: AdaptiveLimits | false | undefined,
  name: string,
): AdaptiveLimits | false {
  if (input === false) return false;
  const inherited = base || OWN_LIMITS;
  if (input === true) return inherited;
  const settings = asObject(input, name, "write true, false, or for example { minHitRatio: 0.3 }");
  checkNames(settings, SETTINGS, name);
  const durationOr = (setting: "window" | "offFor", fallback: number): number =>
    settings[setting] === undefined ? fallback : parseDuration(settings[setting], `${name}.${setting}`);
  const offFor = durationOr("offFor", inherited.offFor);
  return {
    minHitRatio: parseRatio(settings["minHitRatio"] ?? inherited.minHitRatio, `${name}.minHitRatio`),
    window: durationOr("window", inherited.window),
    minReads: parseCount(settings["minReads"] ?? inherited.minReads, `${name}.minReads`),
    offFor,
    maxOffFor: parseMaxOffFor(settings["maxOffFor"], offFor, inherited, `${name}.maxOffFor`),
  };
}

function parseRatio(value: unknown, name: string): number {
  if (typeof value === "number" && value > 0 && value <= 1) return value;
  throw new EvercacheError("INVALID_OPTION", `${name}: write a share of hits above 0, up to 1, for example 0.1.`, {
    value,
  });
}

function parseCount(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new EvercacheError("INVALID_OPTION", `${name}: write a whole number of reads above 0, for example 100.`, {
    value,
  });
}

function parseMaxOffFor(value: unknown, offFor: number, inherited: AdaptiveLimits, name: string): number {
  if (value === undefined) return Math.max(offFor, inherited.maxOffFor);
  const maxOffFor = parseDuration(value, name);
  if (maxOffFor >= offFor) return maxOffFor;
  throw new EvercacheError("INVALID_OPTION", `${name}: write at least as much as offFor, with which it begins.`, {
    value,
  });
}
