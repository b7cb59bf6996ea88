import { sameByType } from "../../integration/same-by-type.js";
import { isPlain, type Read } from "../operation.js";
import { spell } from "../print/spell.js";
import type { Answer } from "./perform.js";

/** Where two answers to a read differ, or `null`. Lists whose order the database may choose are compared as sets. */
export function differenceOf(read: Read, actual: Answer, expected: Answer): string | null {
  if ("error" in actual || "error" in expected) {
    if ([actual, expected].some(isOutOfTime)) return null;
    const [a, b] = [actual, expected].map((answer) => ("error" in answer ? answer.error : "a result"));
    return a === b ? null : `${a} instead of ${b}`;
  }
  const [a, b] = read.operation.startsWith("findUnique")
    ? [withoutOrderOfFields(actual.value), withoutOrderOfFields(expected.value)]
    : [actual.value, expected.value];
  return read.isOrdered ? sameByType(a, b) : sameByType(sorted(a), sorted(b));
}

/** Of `findUnique` calls that Prisma makes into one query, all get their fields in the order of the first. */
function withoutOrderOfFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrderOfFields);
  if (!isPlain(value)) return value;
  const fields = Object.entries(value).map(([name, part]) => [name, withoutOrderOfFields(part)] as const);
  return Object.fromEntries(fields.toSorted(([a], [b]) => compareText(a, b)));
}

/** No connection in time, or a transaction that took too long: nobody answered, so there is nothing to compare. */
function isOutOfTime(answer: Answer): boolean {
  return "error" in answer && /P2028|P2024|P1008/.test(answer.error);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    return items.every(isPlain) ? items.toSorted((a, b) => compareText(spell(a), spell(b))) : items;
  }
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, sorted(part)]));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
