import Table from "cli-table3";
import { oneLine } from "./plain.js";
import type { Colours } from "./colours.js";

const BARE = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"].flatMap((place) =>
    [place, `${place}-mid`, `${place}-left`, `${place}-right`].map((name) => [name, ""]),
  ),
);

/** Columns without lines, each as wide as its widest cell. Columns in `right` are aligned there: numbers. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  colours: Colours,
  right: readonly number[] = [],
): string {
  const table = new Table({
    head: head.map((text) => colours.bold(text)),
    chars: { ...BARE, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((_, column) => (right.includes(column) ? "right" : "left")),
  });
  table.push(...rows.map((row) => row.map((cell) => oneLine(String(cell)))));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
