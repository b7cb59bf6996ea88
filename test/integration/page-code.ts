import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

/** The first example below a heading of a page in `docs`, as a function `example` in JavaScript. What it imports has to be in scope. */
export async function codeBelow(page: string, heading: string): Promise<string> {
  const text = `\n${await readFile(new URL(`../../docs/${page}`, import.meta.url), "utf8")}`;
  const [, section = ""] = text.split(`\n${heading}\n`);
  const [, code] = /```ts\n([\s\S]*?)\n```/.exec(section.split(/\n#+ /)[0] ?? "") ?? [];
  if (code === undefined) throw new Error(`${page} has no example below ${heading}`);
  const js = await transform(`async function example() {${withoutModules(code)}\n}`, { loader: "ts" });
  return js.code;
}

function withoutModules(code: string): string {
  return code.replaceAll(/^import .*$/gm, "").replaceAll(/^export /gm, "");
}
