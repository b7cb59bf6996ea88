import type { Decimal } from "@prisma/client/runtime/client";
import { cloneDecimal, cloneJson } from "./clone-any.js";
import { generate } from "./code-generation.js";
import type { RowShape, ScalarType, Shape, Slot } from "./shape.js";

/** A copy of a value of the shape, in which nothing that can be changed is shared. */
export type Cloner = (value: never) => unknown;

/** How to copy an object that is there, by the type of its column. `null`: its values cannot be changed. */
const SCALARS: Readonly<Record<ScalarType, Cloner | null>> = {
  number: null,
  bigint: null,
  boolean: null,
  text: null,
  date: (value: Date) => new Date(value),
  bytes: (value: Uint8Array) => new Uint8Array(value),
  decimal: (value: Decimal) => cloneDecimal(value),
  json: cloneJson,
};

/** `isGenerated`: by code that was made for the shape. The copies are the same. */
export function clonerOf({ shape }: Slot, isGenerated: boolean): Cloner {
  return shapeCloner(shape, isGenerated) ?? ((value: unknown) => value);
}

function shapeCloner(shape: Shape, isGenerated: boolean): Cloner | null {
  switch (shape.kind) {
    case "list":
      return listCloner(shapeCloner(shape.of, isGenerated), isGenerated);
    case "row":
      return rowCloner(shape, isGenerated);
    default:
      return SCALARS[shape.kind];
  }
}

function listCloner(element: Cloner | null, isGenerated: boolean): Cloner {
  if (!element) return (list: readonly unknown[]) => list.slice();
  // Each with a loop of its own: one loop for all rows would know none of them well.
  if (isGenerated) {
    const make = generate(["f"], "return v=>{const c=v.slice();for(let i=0;i<c.length;i++)c[i]=f(c[i]);return c}");
    return make(element) as Cloner;
  }
  return (list: readonly unknown[]) => list.map(element as (value: unknown) => unknown);
}

function rowCloner({ columns }: RowShape, isGenerated: boolean): Cloner {
  const parts = columns.flatMap(({ name, shape }) => {
    const clone = shapeCloner(shape, isGenerated);
    return clone ? [{ name, clone }] : [];
  });
  return isGenerated ? generatedCloner(parts) : closedCloner(parts);
}

interface Part {
  readonly name: string;
  readonly clone: Cloner;
}

/** The copy has the columns in the order of the original, whatever that is. */
function generatedCloner(parts: readonly Part[]): Cloner {
  const lines = parts.map(({ name }, i) => {
    const property = `c[${JSON.stringify(name)}]`;
    return `v=${property};if(typeof v==="object"&&v!==null)${property}=f${i}(v);`;
  });
  const make = generate(
    parts.map((_, i) => `f${i}`),
    `return r=>{const c={...r};let v;${lines.join("")}return c}`,
  );
  return make(...parts.map(({ clone }) => clone)) as Cloner;
}

function closedCloner(parts: readonly Part[]): Cloner {
  return (row: Readonly<Record<string, unknown>>) => {
    const copy: Record<string, unknown> = { ...row };
    for (const { name, clone } of parts) {
      const value = copy[name];
      if (typeof value === "object" && value !== null) copy[name] = clone(value as never);
    }
    return copy;
  };
}
