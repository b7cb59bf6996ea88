import { bare } from "./bare.js";
import { copy } from "./copy.js";
import { byModel, evercache, VARIANTS, type VariantName } from "./evercache.js";
import { handWritten } from "./hand-written.js";
import { hook } from "./hook.js";
import { lockAndRelease, lockBeside, lockExactly, lockFirst, lockMeanwhile } from "./locks.js";
import type { SubjectName } from "./names.js";
import { peer } from "./peer.js";
import { plain } from "./plain.js";
import type { OpenSubject } from "./subject.js";

const variants = Object.fromEntries(
  Object.entries(VARIANTS).map(([name, variant]) => [name, evercache(variant)]),
) as Readonly<Record<VariantName, OpenSubject>>;

export const SUBJECTS: Readonly<Record<SubjectName, OpenSubject>> = {
  prisma: plain,
  "prisma-extension-redis": peer,
  "hand-written": handWritten,
  bare,
  hook,
  copy,
  "lock and release": lockAndRelease,
  "lock first": lockFirst,
  "lock meanwhile": lockMeanwhile,
  "lock exactly": lockExactly,
  "lock beside": lockBeside,
  ...variants,
  "by model": byModel,
};
