import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("no-code-generation.ts", import.meta.url));

test.each([
  ["--disallow-code-generation-from-strings", false],
  ["--allow-natives-syntax", true],
])("with %s results are encoded, decoded and copied", async (flag, isGenerated) => {
  const { stdout } = await promisify(execFile)(process.execPath, [flag, "--import", "tsx", program]);
  expect(JSON.parse(stdout)).toEqual({ isGenerated, differences: [null, null] });
});
