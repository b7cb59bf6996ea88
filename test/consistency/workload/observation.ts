import { ITEM_ROWS, type State } from "./universe.js";

export type Filter = (state: State) => boolean;

/** What one answer says of the database. Each is judged by itself: an answer may consist of several statements. */
export type Observation =
  /** The row had this version, written by the write with this nonce. */
  | { readonly kind: "version"; readonly row: number; readonly version: number; readonly nonce: number }
  /** The row had a state that the filter lets through, or was not there where the filter says so. */
  | { readonly kind: "state"; readonly row: number; readonly filter: Filter }
  /** The measure, added up over all items, was `least` to `most`. */
  | {
      readonly kind: "total";
      readonly measure: (state: State) => number;
      readonly least: number;
      readonly most: number;
    }
  /** No moment of the database looks like this. */
  | { readonly kind: "impossible"; readonly what: string };

interface Versioned {
  readonly id: number;
  readonly version: number;
  readonly nonce: number;
}

export function versionOf(row: number, { version, nonce }: Versioned): Observation {
  return { kind: "version", row, version, nonce };
}

/** The rows found were all items that `filter` lets through: of the others it is known that it does not. */
export function completeList(filter: Filter, found: ReadonlySet<number>): Observation[] {
  const outside = negated(filter);
  return ITEM_ROWS.filter((row) => !found.has(row)).map((row) => ({ kind: "state", row, filter: outside }));
}

export function total(measure: (state: State) => number, value: number): Observation {
  return { kind: "total", measure, least: value, most: value };
}

/** One function for each filter, since what is known of it is kept by its identity. */
function negated(filter: Filter): Filter {
  let other = negations.get(filter);
  if (!other) negations.set(filter, (other = (state) => !filter(state)));
  return other;
}

const negations = new WeakMap<Filter, Filter>();
