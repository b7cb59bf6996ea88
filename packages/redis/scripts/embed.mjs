// Writes src/scripts.generated.ts from src/scripts/*.lua, so that no file is read at run time: bundlers lose such files.
// `node scripts/embed.mjs --check` writes nothing and fails where the generated file is out of date.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../src/scripts/", import.meta.url);
const target = new URL("../src/scripts.generated.ts", import.meta.url);
const names = ["mint", "quarantine", "release", "claim", "renew", "acquire", "free"];

export function generate() {
  const scripts = names.map((name) => {
    const lua = withIncludes(read(`${name}.lua`));
    const sha1 = createHash("sha1").update(lua).digest("hex");
    return `export const ${name}Script: Script = {\n  sha1: "${sha1}",\n  lua: ${JSON.stringify(lua)},\n};\n`;
  });
  return [
    "// Generated from scripts/*.lua by `pnpm embed`. Do not edit.\n",
    "/** A Lua script and the name that the server knows it by. */",
    "export interface Script {\n  readonly sha1: string;\n  readonly lua: string;\n}\n",
    ...scripts,
  ].join("\n");
}

function withIncludes(lua) {
  const included = lua.replaceAll(/^--@include (\S+)$/gm, (_, name) => read(name).trimEnd());
  // Comments and empty lines stay here: the server keeps every script's text. The first line tells it the flags.
  return included
    .split("\n")
    .filter((line, i) => i === 0 || !/^\s*(--|$)/.test(line))
    .join("\n");
}

function read(name) {
  return readFileSync(new URL(name, folder), "utf8");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = generate();
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) {
    console.error("src/scripts.generated.ts is out of date: run `pnpm embed` in packages/redis");
    process.exitCode = 1;
  }
}
