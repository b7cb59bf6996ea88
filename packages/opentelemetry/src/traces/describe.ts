import { hash } from "node:crypto";
import type { CacheEvent, Source, WriteSource } from "@evercache/core";
import type { Attributes } from "@opentelemetry/api";
import * as names from "../attribute-names.js";

/** What a trace shows of an event. */
export interface Description {
  /** Of few different ones. */
  readonly name: string;
  readonly attributes: Attributes;
  readonly error?: unknown;
  /** Something did not work, whoever was answered by other means. */
  readonly isFailed: boolean;
}

type Details = Readonly<Record<string, string | number | boolean | undefined>>;

/** Null of what happens to the cache rather than to a request. */
export function describe(event: CacheEvent): Description | null {
  switch (event.type) {
    case "hit":
    case "miss":
    case "stale":
    case "bypass":
      return description("evercache.read", event, { [names.STATUS]: event.type, ...readDetails(event) });
    case "load":
      return description("evercache.load", event, { [names.ROWS]: event.rows ?? undefined }, "error" in event);
    case "fill": {
      const { outcome, bytes, encodeMilliseconds } = event;
      const details = {
        [names.OUTCOME]: outcome,
        [names.ENTRY_SIZE]: bytes === 0 ? undefined : bytes,
        [names.ENCODE_TIME]: seconds(encodeMilliseconds),
      };
      return description("evercache.fill", event, details, outcome === "refused" || outcome === "unencodable");
    }
    case "refresh": {
      const { cause, outcome } = event;
      const details = { [names.CAUSE]: cause, [names.OUTCOME]: outcome };
      return description("evercache.refresh", event, details, outcome === "failed");
    }
    case "wait":
      return description("evercache.wait", event, { [names.OUTCOME]: event.outcome });
    case "join":
      return description("evercache.join", event, {});
    case "verify":
      return description("evercache.verify", event, { [names.OUTCOME]: event.outcome }, event.outcome === "violation");
    case "quarantine":
    case "release": {
      const { type, source, tags, outcome } = event;
      const details = { [names.OUTCOME]: outcome, [names.TAG_COUNT]: tags.length };
      return description(`evercache.${type}`, { ...source, ...errorOf(event) }, details, outcome === "refused");
    }
    case "invalidate": {
      const { applied, cause, tags } = event;
      const details = {
        [names.CAUSE]: cause,
        [names.OUTCOME]: applied ? "applied" : "refused",
        [names.TAG_COUNT]: tags.length,
      };
      return description("evercache.invalidate", {}, details, !applied);
    }
    default:
      return null;
  }
}

function readDetails(event: Extract<CacheEvent, { type: "hit" | "miss" | "stale" | "bypass" }>): Details {
  switch (event.type) {
    case "hit":
      return {
        [names.TIER]: event.tier,
        [names.TAG_COUNT]: event.tagCount,
        [names.ENTRY_SIZE]: event.bytes,
        [names.SAVED_TIME]: savedTime(event),
        [names.DECODE_TIME]: seconds(event.decodeMilliseconds),
      };
    case "miss":
      return { [names.REASON]: event.reason, [names.TAG_COUNT]: event.tagCount };
    case "stale":
      return { [names.REASON]: event.reason, [names.TIER]: event.tier, [names.SAVED_TIME]: savedTime(event) };
    case "bypass":
      return { [names.REASON]: event.reason, [names.DETAIL]: event.detail };
    default:
      return event satisfies never;
  }
}

type About = Partial<Source> | Partial<WriteSource>;

function description(
  name: string,
  about: About & { readonly key?: string; readonly error?: unknown },
  details: Details,
  isFailed = false,
): Description {
  const { model, operation, key } = about;
  const attributes: Attributes = {};
  const add = (attribute: string, value: Details[string] | null) => {
    if (value !== undefined && value !== null) attributes[attribute] = value;
  };
  add(names.MODEL, model);
  add(names.OPERATION, operation);
  for (const [attribute, value] of Object.entries(details)) add(attribute, value);
  if ("shape" in about) add(names.SHAPE, about.shape);
  if (key !== undefined) attributes[names.KEY_HASH] = keyHash(key);
  return { name, attributes, isFailed, ...errorOf(about) };
}

/** A key says what was asked for, values included: it does not leave the process. */
export function keyHash(key: string): string {
  return hash("sha256", key, "hex").slice(0, 16);
}

function errorOf({ error }: { readonly error?: unknown }): { readonly error?: unknown } {
  return error === undefined ? {} : { error };
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

/** Left out where it is not known. */
function savedTime({ savedMilliseconds }: { readonly savedMilliseconds: number }): number | undefined {
  return savedMilliseconds === 0 ? undefined : savedMilliseconds / 1000;
}
