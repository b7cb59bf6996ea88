import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run, scratchFolder } from "../setup/child-server.js";
import { schemaFile } from "../setup/schema/files.js";
import { root } from "./pack.js";

/** A project outside the workspace that has installed the packed packages with npm, as a user would. */
export interface Consumer {
  readonly folder: string;
  /** Runs a script of the `consumer` folder, and resolves to what it wrote to stdout. */
  run(script: string, env?: Record<string, string>): Promise<string>;
  /** Type-checks the whole project. */
  typecheck(): Promise<void>;
  remove(): void;
}

const scripts = fileURLToPath(new URL("consumer", import.meta.url));

/** What a user installs beside evercache, in the versions that the workspace tests with. */
const BESIDE = [
  "@opentelemetry/api",
  "@prisma/adapter-pg",
  "@prisma/client",
  "@types/node",
  "ioredis",
  "prisma",
  "prom-client",
  "tsx",
  "typescript",
  "vitest",
];

/** Installs `tarballs`, copies the scripts, and generates a Prisma client of the shop's PostgreSQL schema. */
export async function createConsumer(tarballs: readonly string[]): Promise<Consumer> {
  const { folder, remove } = scratchFolder("consumer");
  const at = (name: string) => path.join(folder, name);
  const npm = (...args: string[]) => run("npm", args, { cwd: folder });

  writeFileSync(at("package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  cpSync(scripts, folder, { recursive: true });
  const versions = catalog();
  const beside = BESIDE.map((name) => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`createConsumer: ${name} is not in the catalog`);
    return `${name}@${version}`;
  });
  // Without install scripts: those of Prisma download an engine that nothing here uses.
  const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await npm("install", ...quiet, ...tarballs, ...beside);

  const schema = readFileSync(schemaFile("postgresql"), "utf8");
  writeFileSync(at("schema.prisma"), schema.replace("../generated/postgresql", "./generated"));
  await npm("exec", "--", "prisma", "generate");

  return {
    folder,
    run: (script, env = {}) =>
      // pnpm's shims of programs let `require` find what the workspace has installed.
      run(process.execPath, ["--import", "tsx", script], { cwd: folder, env: { NODE_PATH: "", ...env } }),
    typecheck: async () => {
      await npm("exec", "--", "tsc", "--noEmit");
    },
    remove,
  };
}

/** The versions of the workspace's catalog. */
function catalog(): Map<string, string> {
  const text = readFileSync(path.join(root, "pnpm-workspace.yaml"), "utf8");
  const section = /^catalog:\n((?: +.*\n)+)/m.exec(text)?.[1] ?? "";
  const lines = section.matchAll(/^ +"?([@\w/-]+)"?: (\S+)$/gm);
  return new Map([...lines].map(([, name, version]) => [name as string, version as string]));
}
