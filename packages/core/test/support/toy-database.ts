/** What a database knows at one moment. Rows are never changed, only replaced. */
export type Snapshot = ReadonlyMap<number, Row>;

export interface Row {
  readonly id: number;
  readonly name: string;
  readonly version: number;
}

/** A database of one table that is always right: one commit after the other, every one of them remembered. */
export class ToyDatabase {
  readonly #history: Snapshot[] = [new Map()];

  /** How many commits there were. */
  get clock(): number {
    return this.#history.length - 1;
  }

  get now(): Snapshot {
    return this.#history.at(-1)!;
  }

  /** The state after commit number `clock`. */
  at(clock: number): Snapshot {
    return this.#history[clock]!;
  }

  /** Replaces row `id`, or removes it where `change` answers null. Answers the new row. */
  commit(id: number, change: (row: Row | null) => Omit<Row, "id"> | null): Row | null {
    const next = new Map(this.now);
    const changed = change(next.get(id) ?? null);
    const row = changed === null ? null : { id, ...changed };
    if (row) next.set(id, row);
    else next.delete(id);
    this.#history.push(next);
    return row;
  }

  /** A new version of row `id`, which is created where it is missing. */
  bump(id: number): Row {
    return this.commit(id, (row) => ({ name: row?.name ?? `name-${id}`, version: (row?.version ?? 0) + 1 }))!;
  }
}
