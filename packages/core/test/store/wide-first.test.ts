import { expect, test } from "vitest";
import { wideFirst, type Writes } from "../../src/store/wide-first.js";
import { ANY_CUSTOM, customTag, rowTag } from "../../src/tag.js";

const HOME = customTag("home");
const ROW = rowTag("Product", ["1"]);

function recorded(failing: ReadonlySet<number> = new Set()) {
  const calls: unknown[] = [];
  const call = async (...args: unknown[]): Promise<void> => {
    const n = calls.push(args);
    if (failing.has(n)) throw new Error(`call ${n}`);
  };
  const store: Writes = {
    quarantine: (...args) => call("quarantine", ...args),
    release: (...args) => call("release", ...args),
    rotate: (...args) => call("rotate", ...args),
  };
  return { calls, writes: wideFirst(store) };
}

test("what has no custom tag is left as it is", async () => {
  const { calls, writes } = recorded();
  await writes.quarantine("w", [ROW], 1, 2);
  await writes.release("w", { changed: [ROW], unchanged: [ROW] });
  await writes.rotate([ROW]);
  expect(calls).toEqual([
    ["quarantine", "w", [ROW], 1, 2],
    ["release", "w", { changed: [ROW], unchanged: [ROW] }],
    ["rotate", [ROW]],
  ]);
});

test("locks stand before the commit, in any order", async () => {
  const { calls, writes } = recorded();
  await writes.quarantine("w", [HOME, ROW], 1, 2);
  expect(calls).toEqual([["quarantine", "w", [HOME, ROW, ANY_CUSTOM], 1, 2]]);
});

test("the tag for all is ended first, with the tags of models", async () => {
  const { calls, writes } = recorded();
  await writes.rotate([HOME, ROW]);
  await writes.release("w", { changed: [HOME, ROW], unchanged: [customTag("other")] });
  expect(calls).toEqual([
    ["rotate", [ROW, ANY_CUSTOM]],
    ["rotate", [HOME]],
    ["release", "w", { changed: [ROW, ANY_CUSTOM], unchanged: [customTag("other"), ANY_CUSTOM] }],
    ["release", "w", { changed: [HOME], unchanged: [] }],
  ]);
});

test("a lock that is given back is given back for all", async () => {
  const { calls, writes } = recorded();
  await writes.release("w", { changed: [], unchanged: [HOME] });
  expect(calls).toEqual([["release", "w", { changed: [], unchanged: [HOME, ANY_CUSTOM] }]]);
});

test("the tag for all alone is one command", async () => {
  const { calls, writes } = recorded();
  await writes.rotate([ANY_CUSTOM]);
  expect(calls).toEqual([["rotate", [ANY_CUSTOM]]]);
});

test.each([1, 2])("command %d fails: both are sent, and the caller is told", async (n) => {
  const { calls, writes } = recorded(new Set([n]));
  await expect(writes.rotate([HOME])).rejects.toThrow(`call ${n}`);
  expect(calls).toHaveLength(2);
});
