import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { removeFolder } from "../setup/child-server.js";
import { readLog, WorkerLog } from "./log.js";
import { parseOptions } from "./options.js";
import type { Summary } from "./result.js";
import { QUERIES } from "./workload/queries.js";
import { rowOf } from "./workload/universe.js";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

async function harness(...args: readonly string[]): Promise<{ code: number | null; output: string; summary: Summary }> {
  const child = spawn(process.execPath, ["--import", TSX, MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const last = output.trim().split("\n").at(-1)!;
  return { code, output, summary: last.startsWith("{") ? (JSON.parse(last) as Summary) : ({} as Summary) };
}

test("a cache whose writers tell nobody is found out", { timeout: 120_000 }, async () => {
  const { code, output, summary } = await harness("--minutes", "0.15", "--phase", "none", "--cache", "naive");
  expect(code, output).toBe(1);
  expect(summary.failed).toEqual(["none"]);
  expect(summary.violations.stale).toBeGreaterThan(0);
  expect(summary.problems).toBeGreaterThan(0);
  expect(output).toMatch(/stuck: .* in the cache, .* in the database/);
});

test("an option that is not understood ends it at once", async () => {
  const { code, output } = await harness("--level", "perfect");
  expect(code, output).toBe(2);
  expect(output).toContain("--level: write bounded or strict or eventual");
  expect(() => parseOptions(["--minutes", "none"])).toThrow("--minutes: write a number above 0");
  expect(parseOptions(["--phase", "none,flush"]).phases).toEqual(["none", "flush"]);
});

test("a log that was cut off is read as far as it goes", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "evercache-log-"));
  onTestFinished(() => removeFolder(folder));
  const log = new WorkerLog(path.join(folder, "1"));
  const query = QUERIES.findIndex(({ name }) => name === "item.findUnique id");
  log.begin(7, "update id");
  log.read(10, 20, query, { id: 1, version: 2, nonce: 7 }, "hit");
  log.read(30, 40, query, null, "miss");
  log.flush();
  log.begin(8, "delete id");
  log.end(7, "acknowledged", { rows: 1, deleted: null, exposed: false, owedSince: null });
  // Not flushed: lost with the worker.
  log.read(50, 60, query, null, "miss");

  const { reads, writes } = readLog(path.join(folder, "1"), "worker 0");
  expect(reads.count).toBe(2);
  expect([reads.start(0), reads.end(0), reads.status(0), reads.status(1)]).toEqual([10, 20, "hit", "miss"]);
  expect(reads.answers[reads.answer(0)]?.observations).toEqual([
    { kind: "version", row: rowOf("Item", 1), version: 2, nonce: 7 },
  ]);
  expect(writes.map(({ nonce, form, outcome }) => [nonce, form, outcome])).toEqual([
    [7, "update id", "acknowledged"],
    [8, "delete id", "unknown"],
  ]);
  expect(writes[1]?.end).toBe(Infinity);
});
