import { firstParentOf, type MixSize } from "./workload.js";

/** What of a row says how old an answer is. */
export interface Version {
  readonly id: number;
  readonly version: number;
  /** `null`: deleted. */
  readonly parent: number | null;
}

interface Acknowledged extends Version {
  /** How many acknowledgements came before. */
  readonly at: number;
}

/**
 * Which writes were acknowledged, and when: a read must not return anything older than what had been acknowledged when
 * it began. Versions are counted by the database, so that they rise in the order of its commits. Looking at an answer
 * counts as the subject's time, so that it has to be cheap: what nearly all rows of an answer are compared with lies side
 * by side, by their ids, which are small numbers.
 */
export class Ledger {
  readonly #history = new Map<number, Acknowledged[]>();
  /** By id: the version that was acknowledged last, and when. */
  readonly #latest: number[];
  readonly #latestAt: number[];
  /** By parent: ids. */
  readonly #everIn: readonly number[][];
  readonly #moving = new Map<number, number>();
  /** By id: the last answer that had the row. */
  readonly #foundIn: number[];
  #answers = 0;
  #now = 0;

  constructor(size: MixSize) {
    const byId = () => Array.from({ length: size.rows + 1 }, () => 0);
    this.#latest = byId();
    this.#latestAt = byId();
    this.#foundIn = byId();
    this.#everIn = Array.from({ length: size.parents + 1 }, () => []);
    for (let id = 1; id <= size.rows; id++) this.#add({ id, version: 0, parent: firstParentOf(size, id), at: 0 });
  }

  /** A moment, to hand over with the answer of a read that begins now. */
  now(): number {
    return this.#now;
  }

  /** Call it before a write that changes the parent; `acknowledge` follows. */
  beginMove(id: number): void {
    this.#moving.set(id, (this.#moving.get(id) ?? 0) + 1);
  }

  endMove(id: number): void {
    this.#moving.set(id, this.#moving.get(id)! - 1);
  }

  acknowledge(version: Version): void {
    this.#add({ ...version, at: ++this.#now });
  }

  isStaleRow(began: number, id: number, row: Version | null): boolean {
    return row === null || row.version < this.#versionAt(began, id);
  }

  isStaleList(began: number, parent: number, rows: readonly Version[]): boolean {
    const answer = ++this.#answers;
    for (const { id, version } of rows) {
      if (version < this.#versionAt(began, id)) return true;
      this.#foundIn[id] = answer;
    }
    for (const id of this.#everIn[parent]!) {
      if (this.#foundIn[id] !== answer && this.#hasStayed(began, id, parent)) return true;
    }
    return false;
  }

  #add(state: Acknowledged): void {
    const { id, version, parent, at } = state;
    const history = this.#history.get(id) ?? [];
    this.#history.set(id, history);
    const before = history.at(-1);
    // Of two writes the later one may be acknowledged first.
    if (!before || version > before.version) {
      history.push(state);
      this.#latest[id] = version;
      this.#latestAt[id] = at;
    }
    if (parent !== null && !this.#everIn[parent]!.includes(id)) this.#everIn[parent]!.push(id);
  }

  /** -1 for a row that nobody had been told of. */
  #versionAt(moment: number, id: number): number {
    const version = this.#latest[id];
    if (version !== undefined && this.#latestAt[id]! <= moment) return version;
    return this.#at(moment, id)?.version ?? -1;
  }

  #at(moment: number, id: number): Acknowledged | undefined {
    const history = this.#history.get(id);
    if (!history) return undefined;
    let last = history.length - 1;
    while (last >= 0 && history[last]!.at > moment) last--;
    return history[last];
  }

  /** The row was in the list from that moment on, and nobody was about to take it out. */
  #hasStayed(began: number, id: number, parent: number): boolean {
    if ((this.#moving.get(id) ?? 0) > 0 || this.#at(began, id)?.parent !== parent) return false;
    return this.#history.get(id)!.every((state) => state.at <= began || state.parent === parent);
  }
}
