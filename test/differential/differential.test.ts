import { expect, test } from "vitest";
import { parseOptions, type Options } from "./options.js";
import { check } from "./run/check.js";

const OPTIONS: Options = parseOptions(["--minutes", "1.5", "--seed", "7"]);

async function run(options: Partial<Options>): Promise<{ mismatches: number; comparisons: number; output: string }> {
  let output = "";
  const { mismatches, comparisons } = await check(
    "sqlite",
    { ...OPTIONS, ...options },
    (text) => (output += `${text}\n`),
  );
  return { mismatches, comparisons, output };
}

test(
  "a write that nobody tells the cache of is found, and shown by a short history",
  { timeout: 240_000 },
  async () => {
    const { mismatches, output } = await run({ forget: "updateMany" });
    expect(mismatches, output).toBe(1);
    expect(output).toContain("The shortest history that was found:");
    const writes = output.match(/^await cached\[.*/gm) ?? [];
    expect(writes.length, output).toBeLessThanOrEqual(3);
    expect(writes.at(-1)).toContain(".updateMany(");
    expect(output.match(/^ {2}\(client\) => /gm), output).toHaveLength(1);
  },
);

test("what the database answers is what the cache answers", { timeout: 120_000 }, async () => {
  const { mismatches, comparisons, output } = await run({ reads: 4_000 });
  expect(mismatches, output).toBe(0);
  expect(comparisons).toBeGreaterThanOrEqual(4_000);
  // Each query that the generator makes up is one that Prisma understands.
  expect(output).toBe("");
});

test("an option that is not understood is told", () => {
  expect(() => parseOptions(["--database", "oracle"])).toThrow("--database: write postgresql, mariadb or sqlite");
  expect(() => parseOptions(["--minutes", "none"])).toThrow("--minutes: write a number above 0");
  expect(parseOptions(["--database", "mariadb,sqlite"]).databases).toEqual(["mysql", "sqlite"]);
  expect(parseOptions(["--reads", "100"]).minutes).toBe(Infinity);
});
