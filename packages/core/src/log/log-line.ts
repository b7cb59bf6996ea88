import { inspect } from "node:util";
import type { CacheEvent, Source, WriteSource } from "../events.js";
import type { LogLevel } from "./logger.js";

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

type Event<Type extends CacheEvent["type"]> = Extract<CacheEvent, { readonly type: Type }>;

/**
 * What a log says of an event. Keys, tags and what an error of the database says have values in them: they are told at `debug`
 * alone.
 */
export function logLine(event: CacheEvent): LogLine {
  switch (event.type) {
    case "verify":
      if (event.outcome !== "violation") return debug(event);
      return line("error", "a hit was not true any more, and is dropped", queryOf(event));
    case "store":
      return storeLine(event);
    case "breaker":
      if (event.state === "closed") return line("info", "the store is asked again");
      return line("warn", "the store is not asked any more, since it fails", errorOf(event.error));
    case "warning":
      return line("warn", event.message, { code: event.code });
    case "quarantine":
      if (event.outcome === "locked") return debug(event);
      return line("warn", "the locks of a write could not be set in the store", {
        ...writeOf(event),
        ...errorOf(event.error),
      });
    case "release":
      if (event.outcome !== "refused") return debug(event);
      return line("warn", "the store could not be told that a write is done", {
        ...writeOf(event),
        ...errorOf(event.error),
      });
    case "recovery":
      return event.outcome === "queued"
        ? line(
            "warn",
            "the store is owed what was written: nothing is served from the cache until it knows",
            pendingOf(event),
          )
        : line("info", "the store was told what it was owed", pendingOf(event));
    case "invalidate":
      if (event.applied) return debug(event);
      return line("warn", "the store could not be told of an invalidation", {
        cause: event.cause,
        tags: event.tags.length,
      });
    case "fill":
      return fillLine(event);
    case "refresh":
      if (event.outcome !== "failed") return debug(event);
      return line("warn", "a result could not be loaded anew", { ...queryOf(event), ...kindOfError(event.error) });
    case "stale":
      if (event.reason === "expired") return debug(event);
      return line("warn", "the database cannot be reached: an old result was served", {
        ...queryOf(event),
        ...kindOfError(event.error),
      });
    case "channel":
      return event.status === "following"
        ? line("info", "this process is told of what others invalidate", { models: modelsOf(event) })
        : line("info", "this process is not told of what others invalidate", {
            models: modelsOf(event),
            ...errorOf(event.error),
          });
    case "adaptive":
      return adaptiveLine(event);
    case "pause":
      return line("info", event.isPaused ? "reads go past the cache: paused" : "reads go through the cache again");
    case "hit":
    case "miss":
    case "bypass":
    case "join":
    case "load":
    case "needless":
    case "wait":
    case "fill-verify":
    case "l1":
      return debug(event);
    default:
      return event satisfies never;
  }
}

function storeLine({ status, error }: Event<"store">): LogLine {
  if (status === "ready") return line("info", "the store is ready");
  if (status !== "unavailable") return line("debug", `the store is ${status}`);
  return isForGood(error)
    ? line("error", "the store refuses this client", errorOf(error))
    : line("warn", "the store is unavailable", errorOf(error));
}

function fillLine(event: Event<"fill">): LogLine {
  const fields = { ...queryOf(event), bytes: event.bytes };
  switch (event.outcome) {
    case "refused":
      return line("warn", "the store refused a result", { ...fields, ...errorOf(event.error) });
    case "unencodable":
      return line("warn", "a result cannot be stored", { ...fields, ...kindOfError(event.error) });
    case "too-large":
      return line("info", "a result is too large to be stored", fields);
    case "stored":
    case "overtaken":
    case "uncertain":
    case "unwanted":
      return debug(event);
    default:
      return event.outcome satisfies never;
  }
}

function adaptiveLine({ type: _type, ...fields }: Event<"adaptive">): LogLine {
  return fields.isOff
    ? line(
        "info",
        "such reads are not cached for a while, since writes drop them before they are asked for again",
        fields,
      )
    : line("info", "such reads are cached again", fields);
}

/** Not by waiting: wrong credentials, too few rights, a driver that is not installed. */
function isForGood(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "EvercacheError" || /^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH)\b/.test(error.message);
}

function line(level: LogLevel, message: string, fields: LogLine["fields"] = {}): LogLine {
  return { level, message, fields };
}

/** All that is known. */
function debug({ type, ...fields }: CacheEvent): LogLine {
  const { error, ...told } = fields as Readonly<Record<string, unknown>>;
  const { model, operation, outcome } = told;
  const what = typeof model === "string" ? ` ${model}.${String(operation)}` : "";
  return line("debug", `${type}${what}${typeof outcome === "string" ? `: ${outcome}` : ""}`, {
    ...told,
    ...errorOf(error),
  });
}

function queryOf({ model, operation, shape }: Source): LogLine["fields"] {
  return { model, operation, ...(shape !== undefined && { shape }) };
}

function writeOf({ source, tags }: { readonly source: WriteSource | null; readonly tags: readonly unknown[] }) {
  return { ...source, tags: tags.length };
}

function pendingOf({ pending }: Event<"recovery">): LogLine["fields"] {
  return { pending };
}

/** Without the application's own tags. */
function modelsOf({ groups }: Event<"channel">): readonly string[] {
  return groups.filter((group) => !group.startsWith("#"));
}

/** What Redis says of a command that it does not know repeats its arguments. */
const ARGUMENTS = /, with args beginning with: .*/s;

/** Of the store's. Nothing of an error but these: drivers note the command, with keys and values, in others. */
function errorOf(error: unknown): LogLine["fields"] {
  if (error === undefined) return {};
  if (!(error instanceof Error)) return { error: { message: inspect(error, { depth: 0 }) } };
  const message = error.message.replace(ARGUMENTS, "");
  const { cause } = error;
  return {
    error: {
      ...nameOf(error),
      message,
      ...(cause instanceof Error && { cause: cause.message.replace(ARGUMENTS, "") }),
    },
  };
}

/** Of the database's, whose message may have the arguments of the query. */
function kindOfError(error: unknown): LogLine["fields"] {
  return error instanceof Error ? { error: nameOf(error) } : {};
}

function nameOf(error: Error): LogLine["fields"] {
  const { code } = error as { readonly code?: unknown };
  return { name: error.name, ...((typeof code === "string" || typeof code === "number") && { code }) };
}
