import { PROTOCOL, readMessage, REQUESTS } from "./message.js";

/** What a tool asks all processes. */
export type ObservationRequest =
  | {
      readonly ask: "stats";
      /** The topic where the answer is heard. */
      readonly reply: string;
      /** Comes back with the answer. */
      readonly round: number;
      /** Of how many queries of each kind it is to tell; 0: of none. */
      readonly queries: number;
    }
  | ({ readonly ask: "events"; readonly reply: string } & EventWishes)
  /** No events any more. */
  | { readonly ask: "end"; readonly reply: string };

/** Which events a tool wants, and for how long. */
export interface EventWishes {
  /** Milliseconds from now on. Asked again in time, it goes on. */
  readonly time: number;
  /** The most that one process tells in a second. */
  readonly perSecond: number;
  /** Null: of all. */
  readonly models: readonly string[] | null;
  readonly types: readonly string[] | null;
}

export const MOST_QUERIES = 50;
export const LONGEST_TIME = 30_000;
export const MOST_PER_SECOND = 1_000;
const LONGEST_REQUEST = 8_192;
const MOST_NAMES = 200;

/** As observers draw them. Nothing else is ever spoken to by whoever is asked. */
const REPLY_TOPIC = /^[\w-]{8,64}$/;

export function spellRequest(request: ObservationRequest): string {
  return JSON.stringify({ evercache: PROTOCOL, ...request });
}

/** Null for anything that is no request of this version, whole and within bounds. */
export function readRequest(text: string): ObservationRequest | null {
  const fields = readMessage(text, LONGEST_REQUEST);
  if (!fields) return null;
  const { ask, reply } = fields;
  if (typeof reply !== "string" || !REPLY_TOPIC.test(reply) || reply === REQUESTS) return null;
  switch (ask) {
    case "stats": {
      const { round, queries = 0 } = fields;
      const fits = isWithin(round, 0, Number.MAX_SAFE_INTEGER) && isWithin(queries, 0, MOST_QUERIES);
      return fits ? { ask, reply, round, queries } : null;
    }
    case "events": {
      const { time, perSecond, models = null, types = null } = fields;
      if (!isWithin(time, 1, LONGEST_TIME) || !isWithin(perSecond, 1, MOST_PER_SECOND)) return null;
      return isNames(models) && isNames(types) ? { ask, reply, time, perSecond, models, types } : null;
    }
    case "end":
      return { ask, reply };
    default:
      return null;
  }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isNames(value: unknown): value is readonly string[] | null {
  if (value === null) return true;
  return Array.isArray(value) && value.length <= MOST_NAMES && value.every((name) => typeof name === "string");
}
