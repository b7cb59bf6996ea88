import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { messageOf, usageError } from "../../cli-error.js";
import type { SchemaFacts } from "../judge/schema.js";

/** Reads a file, or all `.prisma` files of a folder. @throws CliError where there are none */
export async function readSchema(file: string): Promise<SchemaFacts> {
  try {
    const isFolder = (await stat(file)).isDirectory();
    const names = isFolder
      ? (await readdir(file, { recursive: true })).filter((name) => name.endsWith(".prisma"))
      : [""];
    const texts = await Promise.all(names.map((name) => readFile(path.join(file, name), "utf8")));
    return describeSchema(file, texts.join("\n"));
  } catch (error) {
    throw usageError(`--schema: ${messageOf(error)}`, error);
  }
}

export function describeSchema(file: string, text: string): SchemaFacts {
  const code = text.replace(/\/\/.*$/gm, "");
  const provider = /^\s*datasource\s+\w+\s*\{[^}]*?\bprovider\s*=\s*"(\w+)"/m.exec(code)?.[1];
  return { file, provider, models: [...code.matchAll(/^\s*(?:model|view)\s+\w+\s*\{/gm)].length };
}
