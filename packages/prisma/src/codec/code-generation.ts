/** Whether functions may be made of text here: a process may have forbidden it, and some runtimes know no other way. */
export const MAY_GENERATE_CODE: boolean = (() => {
  try {
    generate([], "");
    return true;
  } catch {
    return false;
  }
})();

/** A function made of text. Nothing of that text may come from anywhere but this package and checked names of a schema. */
export function generate(parameters: readonly string[], body: string): (...values: unknown[]) => unknown {
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...parameters, `"use strict";${body}`) as (...values: unknown[]) => unknown;
}

/** Names that may stand in generated code: as Prisma allows them for fields, and those of its own. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && name !== "__proto__";
}
