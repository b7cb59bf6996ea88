import type { CacheEvent, ObservedEvent, ProcessInfo } from "@evercache/core";
import type { Colours } from "../terminal/colours.js";
import { oneLine } from "../terminal/plain.js";
import { formatBytes, formatCount, formatDuration } from "../terminal/format.js";

type Colour = "green" | "yellow" | "red" | "magenta" | "cyan" | "blue" | "dim";

/** All that a process tells, each with its colour. */
const COLOURS: Readonly<Record<CacheEvent["type"], Colour>> = {
  hit: "green",
  stale: "magenta",
  miss: "yellow",
  needless: "yellow",
  bypass: "dim",
  join: "dim",
  load: "blue",
  fill: "cyan",
  refresh: "cyan",
  wait: "dim",
  quarantine: "magenta",
  release: "magenta",
  invalidate: "magenta",
  verify: "cyan",
  "fill-verify": "cyan",
  store: "red",
  channel: "dim",
  l1: "dim",
  breaker: "red",
  pause: "red",
  adaptive: "yellow",
  recovery: "red",
  warning: "red",
};

export const EVENT_TYPES = Object.keys(COLOURS) as readonly CacheEvent["type"][];

const WIDEST_TYPE = 10;
/** Said first, as it is. */
const WORDS = ["tier", "reason", "cause", "outcome", "status", "state", "kind", "code"] as const;
/** Said in this order, with what they are. */
const MEASURES: readonly (readonly [name: string, say: (value: number) => string])[] = [
  ["milliseconds", formatDuration],
  ["decodeMilliseconds", (time) => `decoded in ${formatDuration(time)}`],
  ["encodeMilliseconds", (time) => `encoded in ${formatDuration(time)}`],
  ["savedMilliseconds", (time) => `saved ${formatDuration(time)}`],
  ["rows", (count) => `${formatCount(count)} ${count === 1 ? "row" : "rows"}`],
  ["bytes", formatBytes],
  ["pending", (count) => `${count} pending`],
  ["tokens", (count) => `${count} tokens`],
];

/** An event in one line. `process` is named where there are several. */
export function eventLine(event: ObservedEvent, process: ProcessInfo | null, colours: Colours): string {
  const colour = colours[COLOURS[event.type as CacheEvent["type"]] ?? "dim"];
  const query = [event["model"], event["operation"]].filter((name) => typeof name === "string").join(".");
  return [
    colours.dim(timeOf(event.at)),
    process ? colours.dim(`${process.host}:${process.pid}`) : [],
    colour(event.type.padEnd(WIDEST_TYPE)),
    query === "" ? [] : colours.bold(query),
    ...WORDS.map((name) => text(event[name])),
    ...flags(event),
    ...MEASURES.map(([name, say]) => measure(event[name], say)),
    text(event["key"]),
    list("tags", event["tags"]),
    list("groups", event["groups"]),
    text(event["detail"]),
    text(event["message"]),
    text(event["error"]).map(colours.red),
  ]
    .flat()
    .map(oneLine)
    .join("  ");
}

function timeOf(at: number): string {
  const time = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}

function flags(event: ObservedEvent): string[] {
  return [
    event["isPaused"] === true ? "paused" : event["isPaused"] === false ? "resumed" : "",
    event["isOff"] === true ? "off" : event["isOff"] === false ? "on again" : "",
    event["applied"] === false ? "not applied" : "",
  ].filter((flag) => flag !== "");
}

function text(value: unknown): string[] {
  return typeof value === "string" && value !== "" ? [value] : [];
}

function measure(value: unknown, say: (value: number) => string): string[] {
  return typeof value === "number" ? [say(value)] : [];
}

function list(name: string, value: unknown): string[] {
  return Array.isArray(value) && value.length > 0 ? [`${name} ${value.join(", ")}`] : [];
}
