import { isRead, returnsRows } from "../client/operation.js";
import { isRecord } from "../query/canonical.js";

/** Deeper selections have no text. */
const DEEPEST = 24;

const OPEN = "\u0001";
const CLOSE = "\u0002";
const NEXT = "\u0003";

/** Arguments of reads without rows that say what they answer. */
const COMPUTED = ["by", "select", "_count", "_avg", "_sum", "_min", "_max"] as const;

/**
 * One text for all queries of one model and operation whose results look alike, whatever their filters are. Empty for
 * the most common ones. `null`: none, the arguments are too odd.
 */
export function selectionText(
  operation: string,
  args: unknown,
  dataPath: readonly string[] | undefined,
): string | null {
  if (args === undefined || args === null) return "";
  if (typeof args !== "object" || !isRead(operation)) return null;
  const given = args as Readonly<Record<string, unknown>>;
  if (returnsRows(operation)) {
    const text = rowsText(given, 0);
    return text === null || dataPath === undefined || dataPath.length === 0 ? text : `${dataPath.join()}${OPEN}${text}`;
  }
  let text = "";
  for (const name of COMPUTED) {
    const value = given[name];
    if (value !== undefined)
      text += `${name}${OPEN}${Array.isArray(value) ? value.join(NEXT) : leafText(value)}${CLOSE}`;
  }
  return text;
}

function rowsText({ select, include, omit }: Readonly<Record<string, unknown>>, depth: number): string | null {
  if (select === undefined && include === undefined && omit === undefined) return "";
  if (depth > DEEPEST) return null;
  let text = "";
  for (const part of [select, include]) {
    if (!isRecord(part)) {
      // Prisma takes what is nothing for what is left out; the rest it refuses.
      text += `${part ? "?" : ""}${OPEN}`;
      continue;
    }
    for (const name in part) {
      const value = part[name];
      if (value === undefined || value === false) continue;
      text += name;
      if (isRecord(value)) {
        const below = name === "_count" ? countsText(value) : rowsText(value, depth + 1);
        if (below === null) return null;
        if (below !== "") text += `${OPEN}${below}${CLOSE}`;
      } else text += value === true ? "" : `?${typeof value}`;
      text += NEXT;
    }
    text += OPEN;
  }
  return omit === undefined ? text : `${text}${leafText(omit)}`;
}

function countsText({ select }: Readonly<Record<string, unknown>>): string {
  return isRecord(select) ? `${OPEN}${leafText(select, true)}` : `${OPEN}?${typeof select}`;
}

/** Names with what is said of them, which is nothing but whether. */
function leafText(value: unknown, isFiltered = false): string {
  if (!isRecord(value)) return `?${typeof value}${String(value)}`;
  let text = "";
  for (const name in value) {
    const said = value[name];
    text += said === true || (isFiltered && isRecord(said)) ? name + NEXT : `${name}?${typeof said}${NEXT}`;
  }
  return text;
}
