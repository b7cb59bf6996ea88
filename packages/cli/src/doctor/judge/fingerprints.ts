import { note, ok, type Finding } from "../finding.js";
import { spellCount } from "../spell.js";

const ID = "fingerprints";

export interface FingerprintFacts {
  /** How many results were seen of each fingerprint: that of a schema, with all else that shapes a client's results. */
  readonly results: ReadonlyMap<string, number>;
}

/** Whether clients of different schemas have stored results; undefined: nobody could look. */
export function judgeFingerprints(facts: FingerprintFacts | undefined): Finding[] {
  if (facts === undefined || facts.results.size === 0) return [];
  const sorted = [...facts.results].toSorted(([, one], [, other]) => other - one);
  const counted = sorted.map(([fingerprint, count]) => `${fingerprint} (${spellCount(count, "result")})`).join(", ");
  if (sorted.length === 1) return [ok(ID, `All results are of clients with one schema: ${counted}.`)];
  return [
    note(
      ID,
      `Results are of clients with ${sorted.length} schemas, versions of evercache, or settings that shape results (omit, computed fields): ${counted}.`,
      "No client is served another's results, so that each kind takes room of its own. What a write drops, its own schema says: " +
        "a column, relation or cascade that only the other one knows is not seen.",
      "During a rolling deployment that is how it is. Else generate all clients from one schema; results of older ones end with their ttl.",
    ),
  ];
}
