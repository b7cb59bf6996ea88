import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { generateClient } from "../generate.js";
import { CASES } from "./cases/cases.js";
import { readCommandLine, type CommandLine } from "./command-line.js";
import { environment } from "./environment.js";
import { compile, inProcess } from "./process.js";
import { Recorder, type BenchResult, type LeftOut } from "./report/result.js";
import { sectionsOf } from "./report/sections.js";
import { plainText } from "./report/table.js";
import { targetsOf, targetsTable } from "./report/targets.js";
import { writeReport } from "./report/write-report.js";
import { startServers } from "./servers.js";
import { createShop, fillShop } from "./shop.js";
import type { SubjectName } from "./subjects/names.js";

/*
 * Measures evercache beside its peers, prints tables, keeps the figures as JSON, and writes docs/performance.md from them.
 * README.md has the options.
 */
const results = fileURLToPath(new URL("../results", import.meta.url));
const docs = fileURLToPath(new URL("../../docs", import.meta.url));

const line = readCommandLine(process.argv.slice(2));
const file = path.join(results, `${line.name}.json`);
if (!line.reportOnly) {
  mkdirSync(results, { recursive: true });
  writeFileSync(file, JSON.stringify(await measure(line)));
}
const result = JSON.parse(readFileSync(file, "utf8")) as BenchResult;
const targets = targetsTable(targetsOf(result).filter(({ figure }) => figure !== undefined));
for (const table of [...sectionsOf(result).flatMap(({ tables }) => tables), targets]) {
  if (table.rows.length > 0) console.log(`\n${plainText(table)}`);
}
// What is published is a whole run; others leave their report beside their results.
const report = writeReport(result, line.name === "latest" ? docs : path.join(results, line.name));
console.log(`\n${file}\n${report}\nafter ${result.seconds} s`);

async function measure({ cases, subjects, scale, command, isQuick, ...rest }: CommandLine): Promise<BenchResult> {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1000);
  const [servers] = await Promise.all([startServers(), generateClient().then(compile)]);
  const recorder = new Recorder();
  let leftOut: readonly LeftOut[] = [];
  try {
    leftOut = await inProcess("leftOut", undefined);
    for (const { subject, reason } of leftOut) console.log(`left out: ${subject}. ${reason}`);
    for (const name of cases) {
      const isMeasured = (one: SubjectName) =>
        subjects.includes(one) &&
        !scale.skipped[name]?.includes(one) &&
        !leftOut.some(({ subject }) => subject === one);
      await CASES[name]({
        ...servers,
        ...rest,
        scale,
        createShop: (database, size) => createShop(servers.postgresUrl, database, size),
        refillShop: fillShop,
        among: (names) => names.filter(isMeasured),
        record: (place, figures) => recorder.record(place, figures),
        progress: (text) => process.stderr.write(`${seconds()} s ${text}\n`),
      });
    }
  } finally {
    await servers.stop();
  }
  return {
    format: 1,
    command,
    date: new Date().toISOString(),
    seconds: seconds(),
    isQuick,
    environment: environment(servers.versions),
    measurements: recorder.measurements(),
    leftOut,
  };
}
