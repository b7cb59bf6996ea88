import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import type { Environment } from "./report/result.js";

const require = createRequire(import.meta.url);

/** The machine that this process runs on, and what it runs. */
export function environment(versions: Readonly<Record<string, string>>): Environment {
  const processors = os.cpus();
  return {
    machine: os.hostname(),
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    versions: {
      node: process.version.slice(1),
      ...versions,
      ...Object.fromEntries(
        ["@prisma/client", "ioredis", "prisma-extension-redis"].map((name) => [name, versionOf(name)]),
      ),
    },
  };
}

/** Not every package lets its package.json be imported; it lies above what can be. */
function versionOf(name: string): string {
  const place = require.resolve
    .paths(name)
    ?.map((folder) => `${folder}/${name}/package.json`)
    .find(isReadable);
  if (place === undefined) return "unknown";
  return (JSON.parse(readFileSync(place, "utf8")) as { version: string }).version;
}

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}
