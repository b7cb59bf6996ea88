import { generate } from "./code-generation.js";
import { isPlainObject } from "./plain-object.js";

/** The values of rows by column. Null: they do not have these properties, in this order, and no others. */
export type RowTurner = (rows: readonly unknown[]) => unknown[][] | null;

/** `isGenerated`: by code that was made for these names, which is faster. The columns are the same. */
export function rowTurner(names: readonly string[], isGenerated: boolean): RowTurner {
  const hasNames = (row: unknown): boolean => isRowOf(row, names);
  return isGenerated && names.length > 0 ? generatedTurner(names, hasNames) : closedTurner(names, hasNames);
}

function isRowOf(row: unknown, names: readonly string[]): boolean {
  if (!isPlainObject(row)) return false;
  const keys = Object.keys(row);
  if (keys.length !== names.length) return false;
  for (let i = 0; i < keys.length; i++) if (keys[i] !== names[i]) return false;
  return true;
}

function generatedTurner(names: readonly string[], hasNames: (row: unknown) => boolean): RowTurner {
  const values = names.map((name) => `r[${JSON.stringify(name)}]`);
  const columns = names.map((_, k) => `c${k}`);
  const make = generate(
    ["has"],
    `return rows=>{let r=rows[0];if(!has(r))return null;const ${columns.map((column, k) => `${column}=[${values[k]}]`).join()};` +
      `for(let i=1;i<rows.length;i++){r=rows[i];if(!has(r))return null;${columns.map((column, k) => `${column}.push(${values[k]});`).join("")}}` +
      `return[${columns.join()}]}`,
  );
  return make(hasNames) as RowTurner;
}

function closedTurner(names: readonly string[], hasNames: (row: unknown) => boolean): RowTurner {
  return (rows) => {
    const columns: unknown[][] = names.map(() => []);
    for (const row of rows) {
      if (!hasNames(row)) return null;
      for (let k = 0; k < names.length; k++) columns[k]!.push((row as Record<string, unknown>)[names[k]!]);
    }
    return columns;
  };
}
