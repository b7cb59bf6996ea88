import { SUBJECT_NAMES, type SubjectName } from "../subjects/names.js";
import type { Bar } from "./chart.js";

/** Whose figure this is. */
export function kindOf(subject: SubjectName): Bar["kind"] {
  switch (subject) {
    case "prisma":
    case "prisma-extension-redis":
    case "hand-written":
    case "copy":
      return "peer";
    case "bare":
    case "hook":
    case "lock and release":
    case "lock first":
    case "lock meanwhile":
    case "lock exactly":
    case "lock beside":
      return "floor";
    case "L2":
    case "L2, refilled":
    case "L2 without fast path":
    case "L1 validated":
    case "L1 validated, refilled":
    case "L1 tracked":
    case "L1 tracked without fast path":
    case "L1 tracked, shared":
    case "by model":
      return "evercache";
    default:
      return subject satisfies never;
  }
}

/** A bar for each of the subjects that has that figure. */
export function barsOf(subjects: readonly string[], figure: (subject: SubjectName) => number | undefined): Bar[] {
  return SUBJECT_NAMES.filter((subject) => subjects.includes(subject)).flatMap((subject) => {
    const value = figure(subject);
    return value === undefined ? [] : [{ label: subject, value, kind: kindOf(subject) }];
  });
}
