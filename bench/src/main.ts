import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generateClient } from "../generate.js";
import { CASES } from "./cases/cases.js";
import { environment } from "./environment.js";
import { compile, inProcess } from "./process.js";
import { Recorder, type BenchResult } from "./report/result.js";
import { sectionsOf } from "./report/sections.js";
import { plainText } from "./report/table.js";
import { FULL, QUICK } from "./scale.js";
import { startServers } from "./servers.js";
import { createShop } from "./shop.js";
import { SUBJECT_NAMES } from "./subjects/names.js";

/*
 * Measures evercache beside its peers: `npm run bench`, or `npm run bench -- --quick`.
 * --only hits,writes     some of the cases
 * --subject L2,bare      some of the subjects
 * --rounds 7             more rounds, of which the medians are taken
 * --name mine            writes bench/results/mine.json, in the place of latest.json or quick.json
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    subject: { type: "string" },
    rounds: { type: "string" },
    name: { type: "string" },
  },
});

const cases = chosen("only", values.only, Object.keys(CASES) as (keyof typeof CASES)[]);
const subjects = chosen("subject", values.subject, SUBJECT_NAMES);
const isPart = cases.length < Object.keys(CASES).length || subjects.length < SUBJECT_NAMES.length;
const usual = values.quick ? QUICK : FULL;
const scale = values.rounds === undefined ? usual : { ...usual, rounds: Number(values.rounds) };
const began = performance.now();

await Promise.all([generateClient(), compile()]);
const [servers, leftOut] = await Promise.all([startServers(), inProcess("leftOut", undefined)]);
for (const { subject, reason } of leftOut) console.log(`left out: ${subject}. ${reason}`);
const recorder = new Recorder();
try {
  for (const name of cases) {
    await CASES[name]({
      ...servers,
      createShop: (database, size) => createShop(servers.postgresUrl, database, size),
      scale,
      among: (names) =>
        names.filter((one) => subjects.includes(one) && !leftOut.some(({ subject }) => subject === one)),
      record: (place, figures) => recorder.record(place, figures),
      progress: (line) => process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0)} s ${line}\n`),
    });
  }
} finally {
  await servers.stop();
}

const result: BenchResult = {
  format: 1,
  command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
  date: new Date().toISOString(),
  seconds: Math.round((performance.now() - began) / 1000),
  isQuick: values.quick,
  environment: environment(servers.versions),
  measurements: recorder.measurements(),
  leftOut,
};
for (const { tables } of sectionsOf(result)) for (const table of tables) console.log(`\n${plainText(table)}`);
const fileName = values.name ?? (isPart ? "part" : values.quick ? "quick" : "latest");
const file = fileURLToPath(new URL(`../results/${fileName}.json`, import.meta.url));
mkdirSync(new URL("../results/", import.meta.url), { recursive: true });
writeFileSync(file, JSON.stringify(result));
console.log(`\n${file}, after ${result.seconds} s`);

function chosen<N extends string>(option: string, wanted: string | undefined, all: readonly N[]): readonly N[] {
  if (wanted === undefined) return all;
  // A name may have a comma in it.
  const names = all.filter((name) => wanted === name || wanted.split(/,(?! )/).includes(name));
  if (names.length > 0) return names;
  throw new Error(`--${option} ${wanted}: there is none of that name. Known are: ${all.join(", ")}.`);
}
