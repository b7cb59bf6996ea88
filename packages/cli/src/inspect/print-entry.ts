import type { Explanation } from "../application-cache.js";
import { formatBytes, formatDuration } from "../terminal/format.js";
import type { Terminal } from "../terminal/terminal.js";
import type { EntryFacts, EntryReport } from "./entry-report.js";

type Field = readonly [name: string, value: string];

/** For people. `now`: milliseconds. */
export function printEntry(report: EntryReport, terminal: Terminal, now: number): void {
  const { colours } = terminal;
  const isValid = report.verdict === "valid";
  const verdict = (isValid ? colours.green : colours.yellow)(isValid ? "yes" : "no");
  printFields(
    [
      ["key", report.key],
      ["valid", `${verdict}, ${whyOf(report)}`],
      ...(report.entry ? factFields(report.entry, now) : []),
      ["in Redis", report.redisTtl === null ? "for ever" : `for another ${formatDuration(report.redisTtl)}`],
      ["size", sizeOf(report)],
    ],
    terminal,
  );
  if (report.stamps.length === 0) return;
  terminal.print();
  terminal.printTable(
    ["depends on", "since it was stored"],
    report.stamps.map(({ tag, state }) => [tag ?? "(unknown)", STATES[state]]),
  );
}

const STATES = {
  equal: "unchanged",
  changed: "written, dropped, or lost by Redis",
  locked: "a write is under way",
} as const;

function whyOf({ verdict, frame, stamps }: EntryReport): string {
  switch (verdict) {
    case "valid":
      return "nothing that it depends on was written, and its time is not over";
    case "expired":
      return "its time is over; a policy with swr serves it once more";
    case "locked":
      return "a write to something that it depends on is under way";
    case "invalidated":
      return `something that it depends on was written since: ${stamps.filter(({ state }) => state === "changed").length} of ${stamps.length} tags changed`;
    case null:
      return FRAMES[frame];
    default:
      return verdict satisfies never;
  }
}

const FRAMES = {
  entry: "it cannot be opened",
  damaged: "it is damaged: readers take it for a miss and write another",
  "other-version": "another version of evercache wrote it: readers of this one take it for a miss",
  foreign: "evercache did not write it",
} as const;

function factFields(entry: EntryFacts, now: number): Field[] {
  const { sliding } = entry;
  const age = now - Date.parse(entry.storedAt);
  const left = Date.parse(entry.freshUntil) - now;
  return [
    ...(entry.identity === null ? [] : [["query", entry.identity] as const]),
    [
      "stored",
      `${formatDuration(age)} ago (${entry.storedAt}), after a load of ${formatDuration(entry.loadMilliseconds)}`,
    ],
    [
      "fresh",
      left > 0
        ? `for another ${formatDuration(left)} (until ${entry.freshUntil})`
        : `until ${formatDuration(left)} ago`,
    ],
    ...(sliding
      ? [["slides", `to ${formatDuration(sliding.ttl)} with each read, until ${sliding.cappedAt}`] as const]
      : []),
    ...(entry.isAbsent ? [["result", "nothing was found"] as const] : []),
    ["fingerprint", entry.fingerprint],
  ];
}

function sizeOf({ bytes, entry }: EntryReport): string {
  if (!entry) return formatBytes(bytes);
  const forms = [entry.isCompressed && "compressed", entry.isEncrypted && "encrypted"].filter((form) => form !== false);
  const form = forms.length > 0 ? `, ${forms.join(" and ")}` : "";
  return `${formatBytes(bytes)}, of which ${formatBytes(entry.payloadBytes)} are the result${form}`;
}

/** What the client says, of a read or a write. */
export function printExplanation(explanation: Explanation, terminal: Terminal): void {
  if (explanation.kind === "write") {
    terminal.print("It is a write, and was not run. It would drop what depends on:");
    printTags([...explanation.changed, ...explanation.fenced], explanation.reasons, terminal);
    return;
  }
  const { verdict, reason, tags, absentTags, reasons } = explanation;
  printFields([["the client", verdict + (reason === null ? "" : `, ${reason}`)]], terminal);
  if (tags.length > 0) {
    terminal.print("\nBy its arguments, the query depends on:");
    printTags([...tags, ...absentTags], reasons, terminal);
  }
}

function printTags(tags: readonly string[], reasons: Readonly<Record<string, string>>, terminal: Terminal): void {
  terminal.printTable(
    ["tag", "why"],
    [...new Set(tags)].map((tag) => [tag, reasons[tag] ?? ""]),
  );
}

function printFields(fields: readonly Field[], terminal: Terminal): void {
  const width = Math.max(...fields.map(([name]) => name.length), 11);
  for (const [name, value] of fields) terminal.print(`${terminal.colours.dim(name.padEnd(width))}  ${value}`);
}
