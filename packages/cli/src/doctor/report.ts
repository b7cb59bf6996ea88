import type { Terminal } from "../terminal/terminal.js";
import type { Colours } from "../terminal/colours.js";
import { countSeverities, type Finding, type Severity } from "./finding.js";
import { spellCount } from "./spell.js";

const WIDEST = 110;
const ORDER: readonly Severity[] = ["error", "warning", "note", "ok"];
const SIGNS = { error: "✖", warning: "⚠", note: "ℹ", ok: "✔" } as const;

/** For people: the worst first. */
export function printReport(terminal: Terminal, redis: string, namespace: string, findings: readonly Finding[]): void {
  const { colours } = terminal;
  const width = Math.min(terminal.width, WIDEST);
  terminal.print(`${colours.bold(redis)}, namespace "${namespace}"\n`);
  const column = Math.max(...findings.map((finding) => labelOf(finding).length)) + 2;
  for (const severity of ORDER) {
    for (const finding of findings.filter((each) => each.severity === severity)) {
      terminal.print(render(finding, column, width, colours));
    }
  }
  terminal.print(`\n${summarise(findings, colours)}`);
}

function render(finding: Finding, column: number, width: number, colours: Colours): string {
  const colour = colourOf(finding.severity, colours);
  const sign = colour(SIGNS[finding.severity]);
  const paint = finding.severity === "ok" ? colours.dim : (text: string) => text;
  const block = (text: string, mark: string) => wrap(text, width - column - 4 - mark.length, mark, column + 4);
  const found = `${sign} ${labelOf(finding).padEnd(column)}${paint(block(finding.found, ""))}`;
  if (finding.severity === "ok") return `  ${found}`;
  const indent = " ".repeat(column + 4);
  return `  ${found}\n${indent}${colours.dim(block(finding.why, ""))}\n${indent}${block(finding.advice, "→ ")}`;
}

function labelOf({ id, server }: Finding): string {
  return server === undefined ? id : `${id} ${server}`;
}

function colourOf(severity: Severity, colours: Colours): (text: string) => string {
  switch (severity) {
    case "error":
      return colours.red;
    case "warning":
      return colours.yellow;
    case "note":
      return colours.cyan;
    case "ok":
      return colours.green;
    default:
      return severity satisfies never;
  }
}

/** Words in lines of `width`; all but the first are indented. */
export function wrap(text: string, width: number, mark: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > Math.max(width, 20)) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return mark + [...lines, line].join(`\n${" ".repeat(indent + mark.length)}`);
}

function summarise(findings: readonly Finding[], colours: Colours): string {
  const counts = countSeverities(findings);
  const parts = [
    counts.error > 0 && colours.red(spellCount(counts.error, "error")),
    counts.warning > 0 && colours.yellow(spellCount(counts.warning, "warning")),
    counts.note > 0 && colours.cyan(spellCount(counts.note, "note")),
    colours.green(`${counts.ok} ok`),
  ];
  return parts.filter(Boolean).join(", ");
}
