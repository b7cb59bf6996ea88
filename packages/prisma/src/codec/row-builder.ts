import { BLANK } from "./blank.js";
import { SHARED, type Maker } from "./columns/column-codec.js";
import { generate } from "./code-generation.js";

type Row = Record<string, unknown>;

/** Makes rows of columns, which stand in the order of the row's properties. */
export interface RowBuilder {
  readonly one: (columns: readonly unknown[], index: number) => Row;
  /** The rows at `from` and on, before `to`. */
  readonly many: (columns: readonly unknown[], from: number, to: number) => Row[];
}

export interface Property {
  readonly name: string;
  readonly maker: Maker;
}

/** A builder for columns that are arrays of values. */
export function rowBuilder(names: readonly string[], isGenerated: boolean): RowBuilder {
  return preparedRowBuilder(
    names.map((name) => ({ name, maker: SHARED })),
    isGenerated,
  );
}

/**
 * A builder for columns that are prepared, each for its maker. `isGenerated`: by code that was made for these properties,
 * which is faster. The rows are the same.
 */
export function preparedRowBuilder(properties: readonly Property[], isGenerated: boolean): RowBuilder {
  return isGenerated ? generatedBuilder(properties) : closedBuilder(properties);
}

/** Every value is made where it is put into its row: of nothing there is an array on the way. */
function generatedBuilder(properties: readonly Property[]): RowBuilder {
  const makes = properties.map(({ maker }) => maker.present ?? maker.one);
  const hoisted = properties.map(({ maker }, k) =>
    maker.present ? `c${k}=c[${k}].prepared,p${k}=c[${k}].places` : `c${k}=c[${k}]`,
  );
  const values = properties.map(({ maker: { one, present } }, k) => {
    if (present) return `p${k}===null?f${k}(c${k},i):p${k}[i]<0?null:f${k}(c${k},p${k}[i])`;
    return one ? `f${k}(c${k},i)` : `c${k}[i]`;
  });
  const columns = hoisted.length === 0 ? "" : `const ${hoisted.join()};`;
  // A property that all objects have is given to a row by a literal alone, whatever was done to theirs.
  const isLiteral = properties.some(({ name }) => name in Object.prototype);
  const row = isLiteral
    ? `{${properties.map(({ name }, k) => `${JSON.stringify(name)}:${values[k]}`).join()}}`
    : `new Row(${values.join()})`;
  const make = generate(
    [...makes.map((_, k) => `f${k}`), "blank"],
    `${isLiteral ? "" : rowClass(properties)}return{one(c,i){${columns}return ${row}},` +
      `many(c,i,to){${columns}const r=blank.slice(0,to-i);for(let k=0;i<to;i++,k++)r[k]=${row};return r}}`,
  );
  return make(...makes, BLANK) as RowBuilder;
}

/** A class of rows that are plain objects, and no literals: see blank.ts. */
function rowClass(properties: readonly Property[]): string {
  const parameters = properties.map((_, k) => `v${k}`);
  const sets = properties.map(({ name }, k) => `this[${JSON.stringify(name)}]=v${k}`);
  return `function Row(${parameters.join()}){${sets.join(";")}}Row.prototype=Object.prototype;`;
}

function closedBuilder(properties: readonly Property[]): RowBuilder {
  const one: RowBuilder["one"] = (columns, index) => {
    const row: Row = {};
    for (let k = 0; k < properties.length; k++) {
      const { name, maker } = properties[k]!;
      const column = columns[k] as never;
      row[name] = maker.one ? maker.one(column, index) : (column as readonly unknown[])[index];
    }
    return row;
  };
  return {
    one,
    many: (columns, from, to) => {
      const rows: Row[] = [];
      for (let i = from; i < to; i++) rows.push(one(columns, i));
      return rows;
    },
  };
}
