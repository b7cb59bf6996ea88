import { ok, warning, type Finding } from "../finding.js";
import { spellTime } from "../spell.js";

const ID = "channel";

/**
 * Milliseconds until a message came that was published; `null`: it did not come; undefined: it could not be tried, since
 * the user may not, which is a finding of its own.
 */
export function judgeChannel(milliseconds: number | null | undefined): Finding[] {
  if (milliseconds === undefined) return [];
  if (milliseconds !== null) return [ok(ID, `A message is delivered after ${spellTime(milliseconds)}.`)];
  return [
    warning(
      ID,
      "A message that was published did not reach its subscriber.",
      "With l1: true, processes hear by messages what others have changed. Where none come, results in process memory are not used.",
      "Do without l1, or use a server that delivers messages; a proxy in between may not.",
    ),
  ];
}
