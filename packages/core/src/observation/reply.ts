import type { CacheStats, CacheStatsWithQueries } from "../stats.js";
import { PROTOCOL, readMessage } from "./message.js";
import type { ObservedEvent } from "./observed-event.js";
import type { ProcessInfo } from "./process-info.js";

/** `queries` is there where it was asked for. */
export type ObservedStats = CacheStats & Partial<Pick<CacheStatsWithQueries, "queries">>;

/** What a process answers. */
export type ObservationReply =
  | {
      readonly tell: "stats";
      readonly process: ProcessInfo;
      readonly round: number;
      readonly stats: ObservedStats;
      /** How many models and queries there was no room for: those that are asked for least. */
      readonly leftOut: number;
    }
  /** It tells its events from now on, or still. */
  | { readonly tell: "listening"; readonly process: ProcessInfo }
  /** It does not: others observe it already. */
  | { readonly tell: "busy"; readonly process: ProcessInfo }
  | {
      readonly tell: "events";
      readonly process: ProcessInfo;
      readonly events: readonly ObservedEvent[];
      /** How many more there were since the last time, too many to tell. */
      readonly leftOut: number;
    };

export const LONGEST_REPLY = 512 * 1024;

export function spellReply(reply: ObservationReply): string {
  return JSON.stringify({ evercache: PROTOCOL, ...reply });
}

/** Null for anything that is no reply of this version. Counts that it lacks are those of an older minor version. */
export function readReply(text: string): ObservationReply | null {
  const fields = readMessage(text, 2 * LONGEST_REPLY);
  if (!fields || !isProcess(fields["process"])) return null;
  const process = fields["process"];
  const { tell } = fields;
  switch (tell) {
    case "stats": {
      const { round, stats, leftOut } = fields;
      if (!isCount(round) || !isCount(leftOut) || !isStats(stats)) return null;
      return { tell, process, round, leftOut, stats };
    }
    case "events": {
      const { events, leftOut } = fields;
      if (!isCount(leftOut) || !Array.isArray(events) || !events.every(isEvent)) return null;
      return { tell, process, events, leftOut };
    }
    case "listening":
    case "busy":
      return { tell, process };
    default:
      return null;
  }
}

function isProcess(value: unknown): value is ProcessInfo {
  const { id, host, pid, startedAt, version } = (value ?? {}) as Partial<Record<keyof ProcessInfo, unknown>>;
  const texts = [id, host, version].every((text) => typeof text === "string" && text.length <= 256);
  return texts && isCount(pid) && isCount(startedAt);
}

/** By what tools read of it for certain. */
function isStats(value: unknown): value is ObservedStats {
  const { reads, loads, queries } = (value ?? {}) as Partial<
    Record<keyof ObservedStats, Readonly<Record<string, unknown>>>
  >;
  const names = ["hit", "l1Hit", "stale", "miss", "bypass"];
  if (!names.every((name) => isCount(reads?.[name])) || !isCount(loads?.["count"])) return false;
  return queries === undefined || QUERY_LISTS.every((list) => Array.isArray(queries[list]));
}

export const QUERY_LISTS = ["byLoads", "byLoadMilliseconds", "bySavedMilliseconds", "byNeedless"] as const;

function isEvent(value: unknown): value is ObservedEvent {
  const { type, at } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof type === "string" && isCount(at);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
