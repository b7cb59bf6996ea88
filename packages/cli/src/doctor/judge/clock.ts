import { error, ok, warning, type Finding } from "../finding.js";
import { spellTime } from "../spell.js";

const ID = "clock";
const NOTICEABLE = 1_000;
const FAR_OFF = 60_000;

export interface ClockFacts {
  /** Milliseconds that the server's clock is ahead of this machine's; negative: behind. */
  readonly offset: number;
  /** So far off the offset may be: half of what asking took, in milliseconds. */
  readonly uncertainty: number;
}

/** Whether this machine and the server agree what time it is; undefined: the user may not ask, which is a finding of its own. */
export function judgeClock(facts: ClockFacts | undefined): Finding[] {
  if (facts === undefined) return [];
  const { offset, uncertainty } = facts;
  const off = Math.max(0, Math.abs(offset) - uncertainty);
  if (off < NOTICEABLE)
    return [ok(ID, `This machine's clock and the server's agree to ${spellTime(Math.abs(offset) + uncertainty)}.`)];
  const found = `This machine's clock is ${spellTime(Math.abs(offset))} ${offset > 0 ? "behind" : "ahead of"} the server's.`;
  const why =
    "Results expire by the clocks of the processes. One that is behind serves them for so much longer than their ttl; one that is ahead makes them expire early. What a write has touched is not served by any clock.";
  const advice = "Synchronise the clocks (NTP) of the machines that run the application.";
  return [off >= FAR_OFF ? error(ID, found, why, advice) : warning(ID, found, why, advice)];
}
