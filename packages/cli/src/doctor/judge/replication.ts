import type { Consistency } from "@evercache/core";
import { error, note, ok, warning, type Finding } from "../finding.js";
import { spellCount, spellTime } from "../spell.js";

const ID = "replicas";
const WAIT = "wait";
/** Seconds without a word after which evercache takes a replica for gone. */
const LONGEST_LAG = 10;

export interface Replica {
  readonly name: string;
  readonly state: string;
  /** Seconds since it was heard of. */
  readonly lag: number;
}

export interface ReplicationFacts {
  readonly consistency: Consistency;
  readonly replicas: readonly Replica[];
  /** `min-replicas-to-write`; undefined where CONFIG is refused. */
  readonly minReplicas: number | undefined;
  /** What WAIT said of a write; undefined where it was not asked, or refused. */
  readonly waited: { readonly replicas: number; readonly milliseconds: number; readonly timeout: number } | undefined;
}

/** Whether a failover would lose what the cache relies on. */
export function judgeReplication(facts: ReplicationFacts): Finding[] {
  return [...judgeReplicas(facts), ...judgeWait(facts), ...judgeMinimum(facts)];
}

function judgeReplicas({ replicas, consistency }: ReplicationFacts): Finding[] {
  if (replicas.length === 0) {
    if (consistency !== "strict") return [ok(ID, "No replicas.")];
    return [
      warning(
        ID,
        "There are no replicas, and consistency is strict.",
        "strict keeps the locks of writes through a failover, by waiting for a replica. Without one it has the promise of bounded.",
        'Add a replica, or write consistency: "bounded".',
      ),
    ];
  }
  const bad = replicas.filter((replica) => !keepsUp(replica));
  if (bad.length === 0) return [ok(ID, `${spellCount(replicas.length, "replica")}, which keep up.`)];
  return [
    warning(
      ID,
      bad.map(({ name, state, lag }) => `Replica ${name} is ${state}, last heard of ${lag} s ago.`).join(" "),
      "If it takes over, what the primary was told meanwhile is lost: locks too, unless consistency is strict. strict does not wait for replicas that are away.",
      "Look at the replica, and at the network between the two.",
    ),
  ];
}

function judgeWait({ waited, consistency, replicas }: ReplicationFacts): Finding[] {
  if (waited === undefined || replicas.length === 0) return [];
  if (waited.replicas > 0) {
    return [ok(WAIT, `A replica had a write after ${spellTime(waited.milliseconds)}.`)];
  }
  const found = `No replica acknowledged a write within ${spellTime(waited.timeout)}.`;
  const advice = "Look at the replicas: they may be frozen, cut off, or far behind.";
  if (consistency === "strict") {
    return [
      error(
        WAIT,
        found,
        "At strict, each write of the application waits so long for a replica in vain. Then it goes on without its locks being safe, or is refused, as onUnreachable says.",
        advice,
      ),
    ];
  }
  return [
    warning(WAIT, found, "If a replica takes over now, it lacks what was written last: locks of writes too.", advice),
  ];
}

function judgeMinimum({ minReplicas, replicas }: ReplicationFacts): Finding[] {
  if (minReplicas === undefined) return [];
  const good = replicas.filter(keepsUp).length;
  const id = "min-replicas";
  if (minReplicas > good) {
    return [
      error(
        id,
        `min-replicas-to-write is ${minReplicas}, and ${spellCount(good, "replica")} keeps up.`,
        "The server refuses all writes (NOREPLICAS): nothing is stored, and nothing can be invalidated.",
        "Bring the replicas back, or lower min-replicas-to-write.",
      ),
    ];
  }
  if (minReplicas > 0 || replicas.length === 0) return [];
  return [
    note(
      id,
      "min-replicas-to-write is 0.",
      "After a failover, a primary that was cut off goes on to take writes from processes that were cut off with it. They do not learn that their locks count for nothing.",
      "Where there is failover, set min-replicas-to-write to 1, and min-replicas-max-lag to 10.",
    ),
  ];
}

function keepsUp({ state, lag }: Replica): boolean {
  return state === "online" && lag <= LONGEST_LAG;
}
