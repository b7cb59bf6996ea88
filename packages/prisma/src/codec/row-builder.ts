import { generate } from "./code-generation.js";

type Row = Record<string, unknown>;

/** Makes rows of columns, which stand in the order of the names. */
export type RowBuilder = (columns: readonly (readonly unknown[])[], count: number) => Row[];

/** `isGenerated`: by code that was made for these names, which is faster. The rows are the same. */
export function rowBuilder(names: readonly string[], isGenerated: boolean): RowBuilder {
  return isGenerated ? generatedBuilder(names) : closedBuilder(names);
}

function generatedBuilder(names: readonly string[]): RowBuilder {
  const variables = names.map((_, i) => `c${i}=c[${i}]`).join();
  const properties = names.map((name, i) => `${JSON.stringify(name)}:c${i}[i]`).join();
  return generate(
    ["c", "n"],
    `const ${variables},r=[];for(let i=0;i<n;i++)r.push({${properties}});return r;`,
  ) as RowBuilder;
}

function closedBuilder(names: readonly string[]): RowBuilder {
  return (columns, count) => {
    const rows: Row[] = [];
    for (let i = 0; i < count; i++) {
      const row: Row = {};
      for (let k = 0; k < names.length; k++) row[names[k]!] = columns[k]![i];
      rows.push(row);
    }
    return rows;
  };
}
