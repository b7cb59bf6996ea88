import { EvercacheError } from "./errors.js";

/** @throws EvercacheError `INVALID_OPTION` where `value` is not a plain object */
export function asObject(value: unknown, name: string, hint = "write an object"): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new EvercacheError("INVALID_OPTION", `${name}: ${String(value)} is not valid here: ${hint}.`, { value });
}

/** @throws EvercacheError `UNKNOWN_OPTION` */
export function checkNames(object: Record<string, unknown>, known: readonly string[], name: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    throw new EvercacheError("UNKNOWN_OPTION", `${name}: there is no option "${key}". ${suggest(key, known)}`, {
      value: key,
    });
  }
}

/** @throws EvercacheError `INVALID_OPTION` where `value` is neither a boolean nor left out */
export function checkFlag(value: unknown, name: string): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new EvercacheError("INVALID_OPTION", `${name}: write true or false.`, { value });
}

/** A sentence that says which name may have been meant. */
export function suggest(name: string, known: readonly string[]): string {
  const distances = known.map((candidate) => distance(name.toLowerCase(), candidate.toLowerCase()));
  const nearest = Math.min(...distances);
  const near = nearest <= 2 ? known.filter((_, i) => distances[i] === nearest) : [];
  return near.length > 0 ? `Did you mean ${near.join(" or ")}?` : `Known are: ${known.join(", ")}.`;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, substitute));
    }
    previous = row;
  }
  return previous[b.length]!;
}
