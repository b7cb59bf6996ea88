import { isAbsent } from "../query/canonical.js";

/** Whether Prisma takes a value in `select`, `include` or `omit` for yes. */
export function isSelected(value: unknown): boolean {
  return value === true || (Boolean(value) && !isAbsent(value));
}

/** Selections deeper than this have no shape. */
export const DEEPEST = 24;
