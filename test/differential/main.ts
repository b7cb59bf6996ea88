import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { NoMariadbError } from "../setup/mariadb.js";
import type { Provider } from "../setup/schema/variants.js";
import { report } from "./measure/report.js";
import { parseOptions, USAGE, type Options } from "./options.js";
import { check } from "./run/check.js";

/** Each database in a process of its own, side by side. What one prints stays together. */
async function checkAll(databases: readonly Provider[], args: readonly string[]): Promise<boolean> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const codes = await Promise.all(
    databases.map(async (database) => {
      const child = spawn(
        process.execPath,
        ["--import", tsx, fileURLToPath(import.meta.url), ...args, "--database", database],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const [code] = (await once(child, "close")) as [number | null];
      console.log(output);
      return { code, last: output.trim().split("\n").at(-1) ?? "" };
    }),
  );
  console.log(codes.map(({ last }) => last).join("\n"));
  return codes.every(({ code }) => code === 0);
}

async function checkOne(database: Provider, options: Options): Promise<boolean> {
  const name = database === "mysql" ? "mariadb" : database;
  try {
    const measures = await check(database, options, (text) => console.log(text));
    console.log(report(name, measures));
    return measures.mismatches === 0;
  } catch (error) {
    if (!(error instanceof NoMariadbError) || process.env["CI"]) throw error;
    console.log(`!! NOT CHECKED: ${name}. ${error.message}`);
    return true;
  }
}

const args = process.argv.slice(2);
let options: Options;
try {
  options = parseOptions(args);
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
const [only] = options.databases;
const isFine =
  options.databases.length === 1 && only !== undefined
    ? await checkOne(only, options)
    : await checkAll(options.databases, [...args, "--seed", String(options.seed)]);
// The schema engine in WebAssembly leaves a handle open.
process.exit(isFine ? 0 : 1);
