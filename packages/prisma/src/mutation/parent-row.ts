import type { DataModel, Model } from "../schema/data-model.js";
import { NOTHING_KNOWN, type Known } from "./known.js";
import { createdValue } from "./selected-row.js";
import type { Touched } from "./touched.js";

/** The row that nested writes belong to. */
export interface ParentRow {
  readonly isNew: boolean;
  /** What rows get that come to reference it. `undefined`: it is not known. */
  valueOf(field: string): unknown;
  /** What is known of it before the write. */
  readonly before: Known;
}

/** @param given columns that the row gets from its place, whatever its data says */
export function newRow(
  dataModel: DataModel,
  model: Model,
  data: unknown,
  given: ReadonlyMap<string, unknown>,
): ParentRow {
  return {
    isNew: true,
    valueOf: (field) => createdValue(dataModel, model, field, data, given),
    before: NOTHING_KNOWN,
  };
}

/** Whether nested writes see the old value of a touched column or the new one is not certain. */
export function updatedRow(before: Known, touched: Touched): ParentRow {
  return {
    isNew: false,
    valueOf: (field) => (touched.has(field) ? undefined : before.equal.get(field)),
    before,
  };
}
