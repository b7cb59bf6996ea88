import { seededRandom, zipf, type Random } from "../../../examples/express-api/src/random.js";

/** How many rows there are, below how many parents. */
export interface MixSize {
  readonly rows: number;
  readonly parents: number;
}

/** YCSB's constant: about every tenth operation is on the most popular of the rows. */
const THETA = 0.99;

export interface Workload {
  readonly name: string;
  /** Share of the operations. */
  readonly writes: number;
  /** Of the writes, half as many again create or delete a row. */
  readonly moves: number;
}

export const WORKLOADS = [
  { name: "95/5", writes: 0.05, moves: 0 },
  { name: "80/20", writes: 0.2, moves: 0 },
  { name: "95/5 and moves", writes: 0.05, moves: 0.1 },
  { name: "80/20 and moves", writes: 0.2, moves: 0.1 },
] as const satisfies readonly Workload[];

export type Read = { readonly kind: "row"; readonly id: number } | { readonly kind: "list"; readonly parent: number };

export type Write =
  | { readonly kind: "update"; readonly id: number }
  | { readonly kind: "move"; readonly id: number; readonly parent: number }
  | { readonly kind: "create"; readonly parent: number }
  | { readonly kind: "delete" };

export type Operation = Read | Write;

/** Where the table's row `id` stands at the start: every parent has as many rows. */
export function firstParentOf({ parents }: MixSize, id: number): number {
  return ((id - 1) % parents) + 1;
}

/**
 * The operations of one run, the same for the same seed. Half of the reads ask for a row, half for the list of a row's
 * parent, so that what is read often is written often.
 */
export function operations({ writes, moves }: Workload, size: MixSize, seed: number): () => Operation {
  const random = seededRandom(seed);
  const popular = popularRows(random, size.rows);
  return () => {
    const id = popular();
    if (random.next() >= writes) {
      return random.next() < 0.5 ? { kind: "row", id } : { kind: "list", parent: firstParentOf(size, id) };
    }
    const which = random.next();
    if (which < moves) return { kind: "move", id, parent: random.between(1, size.parents) };
    if (which < 1.5 * moves) return { kind: "create", parent: firstParentOf(size, id) };
    if (which < 2 * moves) return { kind: "delete" };
    return { kind: "update", id };
  };
}

/** Popularity has nothing to do with the order of the keys, as in YCSB's scrambled distribution. */
function popularRows(random: Random, rows: number): () => number {
  const rank = zipf(random, rows, THETA);
  const ids = Array.from({ length: rows }, (_, i) => i + 1);
  for (let i = rows - 1; i > 0; i--) {
    const j = random.between(0, i);
    [ids[i], ids[j]] = [ids[j]!, ids[i]!];
  }
  return () => ids[rank()]!;
}
