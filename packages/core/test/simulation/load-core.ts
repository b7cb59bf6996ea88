import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import type { Vite } from "vitest/node";
import type * as core from "../../src/index.js";

export type Core = typeof core;

/** The globals that a process has for itself. */
export interface Globals {
  readonly setTimeout: (callback: () => void, delay: number) => unknown;
  readonly setInterval: (callback: () => void, period: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  readonly clearInterval: (timer: unknown) => void;
  readonly setImmediate: (callback: () => void) => void;
  readonly performance: { readonly now: () => number };
}
const GLOBALS = [
  "setTimeout",
  "setInterval",
  "clearTimeout",
  "clearInterval",
  "setImmediate",
  "performance",
] as const satisfies readonly (keyof Globals)[];

/** One change of a source file on its way into a simulation. `find` is in the file exactly once. */
export interface Patch {
  /** Below `packages/core/src`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Starts the package as a process of its own would. */
export type Program = (globals: Globals) => Core;

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The sources of this package as one program, so that it can run with other globals, more than once, and with changes.
 * @throws Error where a patch does not fit
 */
export async function loadCore(patches: readonly Patch[]): Promise<Program> {
  // The Vite that runs the tests.
  const besideVitest = createRequire(require.resolve("vitest/package.json"));
  const { build } = (await import(pathToFileURL(besideVitest.resolve("vite")).href)) as typeof Vite;
  const unused = new Set(patches);
  const built = await build({
    root,
    configFile: false,
    envFile: false,
    publicDir: false,
    logLevel: "silent",
    ssr: { external: true },
    build: {
      ssr: "src/index.ts",
      write: false,
      minify: false,
      target: "node20",
      rolldownOptions: { output: { format: "cjs" } },
    },
    plugins: [
      {
        name: "patches",
        enforce: "pre",
        transform(code, id) {
          const file = path.relative(path.join(root, "src"), id);
          let patched = code;
          for (const patch of patches) {
            if (patch.file !== file) continue;
            patched = applyPatch(patched, patch);
            unused.delete(patch);
          }
          return { code: patched, map: null };
        },
      },
    ],
  });
  for (const { file } of unused) throw new Error(`there is no source file ${file} to be patched`);
  const output = (Array.isArray(built) ? built : [built]).flatMap((each) => ("output" in each ? each.output : []));
  const [chunk] = output;
  if (output.length !== 1 || chunk?.type !== "chunk") throw new Error("the package was not built into one file");
  const program = compileFunction(chunk.code, ["exports", "require", ...GLOBALS], { filename: "simulated-core.cjs" });
  const requireOfCore = createRequire(path.join(root, "src", "index.js"));
  return (globals) => {
    const exported = {};
    program(exported, requireOfCore, ...GLOBALS.map((name) => globals[name]));
    return exported as Core;
  };
}

function applyPatch(code: string, { file, find, replace }: Patch): string {
  const at = code.indexOf(find);
  if (at < 0 || code.includes(find, at + 1)) throw new Error(`not exactly once in ${file}: ${find}`);
  return code.slice(0, at) + replace + code.slice(at + find.length);
}
