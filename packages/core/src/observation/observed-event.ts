import type { CacheEvent } from "../events.js";
import { clip } from "./message.js";

/** An event as it is told to other processes: texts, numbers and lists of texts, of bounded length; errors as text. */
export interface ObservedEvent {
  readonly type: string;
  /** Milliseconds since 1970, by the clock of the process. */
  readonly at: number;
  readonly [detail: string]: string | number | boolean | readonly string[];
}

const LONGEST_TEXT = 400;
const MOST_ITEMS = 20;
const LONGEST_ITEM = 160;

export function observedEvent(event: CacheEvent, at: number): ObservedEvent {
  const told: Record<string, ObservedEvent[string]> = {};
  for (const [name, value] of Object.entries(event) as [string, unknown][]) {
    if (name === "error") told[name] = clip(errorText(value), LONGEST_TEXT);
    else if (typeof value === "string") told[name] = clip(value, LONGEST_TEXT);
    else if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) told[name] = value;
    else if (Array.isArray(value)) told[name] = items(value);
  }
  // Of a write: reads have these at hand.
  const source = "source" in event ? event.source : null;
  if (source !== null)
    Object.assign(told, { ...(source.model !== null && { model: source.model }), operation: source.operation });
  return { ...told, type: event.type, at };
}

function items(values: readonly unknown[]): string[] {
  const told = values.slice(0, MOST_ITEMS).map((value) => clip(String(value), LONGEST_ITEM));
  const more = values.length - told.length;
  return more > 0 ? [...told, `and ${more} more`] : told;
}

/** Whatever was thrown: an error whose properties throw must not reach the query that reported it. */
function errorText(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${lastParagraph(error.message)}` : String(error);
  } catch {
    return "an error that cannot be shown";
  }
}

/** Why a query failed Prisma says at the end, below the query and its arguments. */
function lastParagraph(message: string): string {
  const text = message.trim();
  return text.slice(text.lastIndexOf("\n\n") + 1).trim();
}
