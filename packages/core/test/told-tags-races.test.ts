import { expect, test } from "vitest";
import * as core from "../src/index.js";
import { loadCore, type Patch } from "./simulation/load-core.js";
import { RACES, seenAfter } from "./support/told-tags.js";

const WIDE_FIRST = "store/wide-first.ts";
const NARROWING = "narrowing.ts";

/** Each rule by which custom tags that a result tells are safe, broken once. */
const MUTANTS: Readonly<Record<string, readonly Patch[]>> = {
  "the exact tag is ended before that for all": [
    {
      file: WIDE_FIRST,
      find: "return [withAnyCustom(tags).filter((tag) => !isLast(tag)), tags.filter(isLast)];",
      replace: "return [tags.filter(isLast), withAnyCustom(tags).filter((tag) => !isLast(tag))];",
    },
  ],
  "both are ended at once": [
    {
      file: WIDE_FIRST,
      find: "try {\n    await first();\n  } finally {\n    await second();\n  }",
      replace: "await Promise.all([first(), second()]);",
    },
  ],
  "the tag for all is never ended": [
    {
      file: WIDE_FIRST,
      find: "return tags.some(isCustomTag) ? [...new Set([...tags, ANY_CUSTOM])] : tags;",
      replace: "return tags;",
    },
  ],
  "the tag for all is not locked": [
    {
      file: WIDE_FIRST,
      find: "store.quarantine(holder, withAnyCustom(tags), lease, replicaTimeout)",
      replace: "store.quarantine(holder, tags, lease, replicaTimeout)",
    },
  ],
  "the tag for all is looked at before the exact one": [
    {
      file: NARROWING,
      find: "looks: [apart, [...grouped, ...watched.tags]].filter((tags) => tags.length > 0),",
      replace: "looks: [watched.tags, [...apart, ...grouped]].filter((tags) => tags.length > 0),",
    },
    {
      file: NARROWING,
      find: "if (watched.stamps.some((stamp, i) => seen[exact.length + i] !== stamp))",
      replace: "if (watched.stamps.some((stamp, i) => seen[i] !== stamp))",
    },
    {
      file: NARROWING,
      find: "const stamps = seen.slice(0, exact.length);",
      replace: "const stamps = seen.slice(watched.stamps.length);",
    },
  ],
  "the tag for all is not looked at again": [
    {
      file: NARROWING,
      find: "if (watched.stamps.some((stamp, i) => seen[exact.length + i] !== stamp))",
      replace: "if (watched.stamps.length > 1000)",
    },
  ],
};

test.each(RACES.map((race) => [race.name, race] as const))("a tag that a result tells: %s", async (_, race) => {
  expect(await seenAfter(core, race)).toBe("new");
});

const GLOBALS = { setTimeout, setInterval, clearTimeout, clearInterval, setImmediate, performance };

test.each(Object.entries(MUTANTS))("the races see what is wrong if %s", { timeout: 60_000 }, async (_, patches) => {
  const program = await loadCore(patches);
  const mutant = program(GLOBALS as never);
  const wrong: string[] = [];
  for (const race of RACES) if ((await seenAfter(mutant, race)) !== "new") wrong.push(race.name);
  expect(wrong).not.toEqual([]);
});
