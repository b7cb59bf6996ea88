import { ok, warning, type Finding } from "../finding.js";
import { spellCount } from "../spell.js";

const ID = "sentinels";
/** Milliseconds. Each process asks about once a second whether its server is there. */
const SHORTEST = 2_000;

export interface SentinelFacts {
  /** Those that were named, and why they did not answer, if they did not. */
  readonly named: readonly { readonly address: string; readonly failure: string | undefined }[];
  /** How many there are, as they say; undefined: none says so. */
  readonly known: number | undefined;
  readonly downAfter: number | undefined;
}

/** Whether a failover is noticed by those who ask. */
export function judgeSentinels({ named, known, downAfter }: SentinelFacts): Finding[] {
  const findings: Finding[] = [];
  const away = named.filter(({ failure }) => failure !== undefined);
  if (away.length > 0) {
    findings.push(
      warning(
        ID,
        `Of ${spellCount(named.length, "sentinel")}, ${away.map(({ address, failure }) => `${address} does not answer (${failure})`).join(", ")}.`,
        "A process believes the newest configuration among those that answer. The fewer do, the later it learns of a failover.",
        "Start them again, or name others.",
      ),
    );
  }
  if (known !== undefined && named.length * 2 <= known) {
    findings.push(
      warning(
        ID,
        `${named.length} of ${known} sentinels are named.`,
        "Those that are named may be cut off from the others, and not know of a failover.",
        "Name all sentinels, or most of them.",
      ),
    );
  }
  if (downAfter !== undefined && downAfter < SHORTEST) {
    findings.push(
      warning(
        "failover-time",
        `down-after-milliseconds is ${downAfter}.`,
        "A successor can be elected before a process has noticed that the primary is away.",
        "Set down-after-milliseconds to 2000 or more.",
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(ID, `${spellCount(named.length, "sentinel")}, and all answer.`)];
}
