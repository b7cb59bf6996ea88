import type { Read, Write } from "../operation.js";
import { kindOf } from "../operation.js";
import { differenceOf } from "../run/compare.js";
import type { Answer } from "../run/perform.js";
import type { Outcome, Seen } from "../run/world.js";

/** Reads that a committed write left as they were, and that were cached before it. */
export interface Precision {
  reads: number;
  /** Went to the database all the same. */
  dropped: number;
  /** A cache that drops by model would have sent these to the database. */
  droppedByModel: number;
  /** Of those, what was dropped here. */
  droppedOfModel: number;
}

export interface Form {
  asked: number;
  hits: number;
  readonly precision: Precision;
}

/** Counts of one run on one database. */
export class Measures {
  readonly #began = performance.now();
  histories = 0;
  operations = 0;
  writes = 0;
  comparisons = 0;
  mismatches = 0;
  readonly forms = new Map<string, Form>();
  readonly readOperations = new Map<string, number>();
  readonly writeKinds = new Map<string, { count: number; refused: number }>();
  readonly refusals = new Map<string, number>();
  /** Why reads went past the cache: a lock that a write of unknown outcome left is one reason. */
  readonly bypasses = new Map<string, number>();
  /** Reads by key that were asked again needlessly, by the kind of the write. */
  readonly keysDroppedBy = new Map<string, number>();
  /** By the read's operation and the write's kind. */
  readonly mismatchesBy = new Map<string, number>();

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  wrote(write: Write, { error }: Outcome): void {
    this.writes++;
    this.operations++;
    const kind = kindOf(write);
    const counted = this.writeKinds.get(kind) ?? { count: 0, refused: 0 };
    counted.count++;
    if (error !== null) {
      counted.refused++;
      this.refusals.set(error, (this.refusals.get(error) ?? 0) + 1);
    }
    this.writeKinds.set(kind, counted);
  }

  asked(read: Read, seen: Seen): void {
    this.comparisons += 2;
    this.readOperations.set(read.operation, (this.readOperations.get(read.operation) ?? 0) + 2);
    if (seen.status === null) return;
    const form = this.#form(read, seen.plain);
    form.asked++;
    if (seen.status === "hit") form.hits++;
  }

  /** A read that was cached before a write that was carried out. */
  repeated(read: Read, write: Write, before: Seen, after: Seen, isDroppedByModel: boolean): void {
    if (before.status === null || before.status === "bypass" || after.status === null) return;
    if (differenceOf(read, after.plain, before.plain) !== null) return;
    const { precision } = this.#form(read, after.plain);
    const isDropped = after.status !== "hit";
    precision.reads++;
    if (isDropped) precision.dropped++;
    if (isDropped && isByKey(read)) {
      const kind = kindOf(write);
      this.keysDroppedBy.set(kind, (this.keysDroppedBy.get(kind) ?? 0) + 1);
    }
    if (!isDroppedByModel) return;
    precision.droppedByModel++;
    if (isDropped) precision.droppedOfModel++;
  }

  bypassed(reasons: Readonly<Record<string, number>>): void {
    for (const [reason, count] of Object.entries(reasons)) {
      this.bypasses.set(reason, (this.bypasses.get(reason) ?? 0) + count);
    }
  }

  mismatched(read: Read, write: Write | null): void {
    this.mismatches++;
    const name = `${read.operation} after ${write ? kindOf(write) : "nothing"}`;
    this.mismatchesBy.set(name, (this.mismatchesBy.get(name) ?? 0) + 1);
  }

  #form(read: Read, answer: Answer): Form {
    const isFound = !("error" in answer) && answer.value !== null;
    const name = isByKey(read) ? `${read.form}, ${isFound ? "found" : "not found"}` : read.form;
    let form = this.forms.get(name);
    if (!form) {
      form = { asked: 0, hits: 0, precision: { reads: 0, dropped: 0, droppedByModel: 0, droppedOfModel: 0 } };
      this.forms.set(name, form);
    }
    return form;
  }
}

function isByKey({ form }: Read): boolean {
  return form === "primary key" || form === "unique key";
}
