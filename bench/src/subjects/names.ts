/** All that is measured, in the order of the tables. */
export const SUBJECT_NAMES = [
  "prisma",
  "prisma-extension-redis",
  "hand-written",
  "bare",
  "hook",
  "copy",
  "lock and release",
  "lock first",
  "lock meanwhile",
  "lock exactly",
  "lock beside",
  "L2",
  "L2, refilled",
  "L2 without fast path",
  "L1 validated",
  "L1 validated, refilled",
  "L1 tracked",
  "L1 tracked without fast path",
  "L1 tracked, shared",
  "by model",
] as const;

export type SubjectName = (typeof SUBJECT_NAMES)[number];
