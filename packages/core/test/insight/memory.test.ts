import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("memory.ts", import.meta.url));

test("100,000 queries of 10,000 shapes, as long as shapes can be, take less than a megabyte", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--import", "tsx", program]);
  const { bytes, told } = JSON.parse(stdout) as { bytes: number; told: number };
  expect(told).toBe(100);
  expect(bytes).toBeLessThan(1_000_000);
});
