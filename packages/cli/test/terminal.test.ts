import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { coloursFor, mayColour } from "../src/terminal/colours.js";
import { spellProgress } from "../src/terminal/progress.js";
import { renderTable } from "../src/terminal/table.js";
import { createTerminal } from "../src/terminal/terminal.js";

it.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
  [false, { FORCE_COLOR: "1" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
])("on a terminal: %s, with %j, colours are used: %s", (isTerminal, env, expected) => {
  expect(mayColour(isTerminal, env)).toBe(expected);
});

it("prints tables without lines, numbers at the right", () => {
  const rows = [
    ["Product", 12_000],
    ["Category", 7],
  ];
  expect(renderTable(["model", "keys"], rows, coloursFor({}, {}), [1])).toBe(
    ["model      keys", "Product   12000", "Category      7"].join("\n"),
  );
});

it("spells progress", () => {
  expect(spellProgress(5, 20)).toBe("█████░░░░░░░░░░░░░░░ 5/20");
  expect(spellProgress(0, 0)).toBe("████████████████████ 0/0");
});

it("asks nobody where nobody sits, and shows no progress", async () => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = createTerminal({ stdin, stdout, stderr, env: {}, cwd: "/" }, { json: true });
  await expect(terminal.confirm("Drop all?", "--yes")).rejects.toThrow(
    'nobody is here to be asked "Drop all?". Write --yes.',
  );
  const progress = await terminal.progress("Working", 10);
  progress.advance(5);
  progress.done("Done");
  terminal.printJson({ id: 1n }, 0);
  expect([stdout.read(), stderr.read()].map(String)).toEqual(['{"id":"1"}\n', "null"]);
});
