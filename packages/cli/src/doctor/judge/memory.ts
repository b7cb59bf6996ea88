import { formatBytes } from "../../terminal/format.js";
import { error, note, ok, warning, type Finding } from "../finding.js";
import type { Info } from "../../connection/info.js";
import { spellPercent } from "../spell.js";

const POLICY = "memory-policy";
const USE = "memory-use";
/** Where other data share the server, these must not be evicted. */
export const RECOMMENDED_POLICY = "Set maxmemory-policy to allkeys-lru, or to volatile-lru where other data must stay.";
const NEARLY_FULL = 0.9;
/** Below so much memory a ratio says nothing. */
const WORTH_LOOKING = 100 * 1024 ** 2;
const FRAGMENTED = 1.5;

export interface MemoryFacts {
  /** Sections `memory` and `stats`. */
  readonly info: Info;
}

/** How much room there is, and what goes when there is none. */
export function judgeMemory({ info }: MemoryFacts): Finding[] {
  const policy = info.text("maxmemory_policy");
  const limit = info.number("maxmemory");
  const used = info.number("used_memory");
  if (policy === undefined || limit === undefined || used === undefined) {
    return [
      note(
        POLICY,
        "INFO does not tell how much memory there is, and what is evicted.",
        "evercache works with every policy but volatile-ttl; the best are allkeys-lru and allkeys-lfu.",
        "Look at the settings of the service.",
      ),
    ];
  }
  return [judgePolicy(policy, used, limit), judgeUse(policy, used, limit, info), ...judgeFragmentation(used, info)];
}

function judgePolicy(policy: string, used: number, limit: number): Finding {
  const found = `maxmemory-policy is ${policy}.`;
  switch (policy) {
    case "allkeys-lru":
    case "allkeys-lfu":
      return ok(POLICY, `${found} The least used goes first when memory is full.`);
    case "volatile-lru":
    case "volatile-lfu":
      return ok(
        POLICY,
        `${found} The least used of what has a time to live goes first when memory is full: all of evercache's keys have one.`,
      );
    case "noeviction":
      return note(
        POLICY,
        found,
        "When memory is full, new results are not stored; what is stored is served, and invalidation goes on.",
        limit > 0 && used >= limit * NEARLY_FULL
          ? RECOMMENDED_POLICY
          : `Nothing, while there is room. ${RECOMMENDED_POLICY}`,
      );
    case "allkeys-random":
    case "volatile-random":
      return warning(
        POLICY,
        found,
        "When memory is full, a lock of a write goes as likely as an old result. Then readers may be shown the old value while that write is under way.",
        RECOMMENDED_POLICY,
      );
    case "volatile-ttl":
      return error(
        POLICY,
        found,
        "When memory is full, what expires soonest goes first: the locks of writes. Then readers may be shown the old value while a write is under way.",
        RECOMMENDED_POLICY,
      );
    default:
      return note(POLICY, found, "evercache was not tested with it.", RECOMMENDED_POLICY);
  }
}

function judgeUse(policy: string, used: number, limit: number, info: Info): Finding {
  const evicted = info.number("evicted_keys") ?? 0;
  const evictions = evicted > 0 ? `, ${evicted} keys evicted since it started` : "";
  if (limit === 0) {
    const machine = info.number("total_system_memory");
    return warning(
      USE,
      `There is no maxmemory: ${formatBytes(used)} used${machine ? ` of the machine's ${formatBytes(machine)}` : ""}.`,
      "The server grows until the system ends it, with all that it holds.",
      "Set maxmemory, to three quarters of the machine's memory at most. docs/redis.md says how much a cache needs.",
    );
  }
  const found = `${formatBytes(used)} of ${formatBytes(limit)} used (${spellPercent(used / limit)})${evictions}.`;
  if (policy !== "noeviction") return ok(USE, found);
  if (used >= limit) {
    return error(
      USE,
      found,
      "Memory is full and nothing is evicted: no new result is stored, so that each miss stays one.",
      `Raise maxmemory, or: ${RECOMMENDED_POLICY}`,
    );
  }
  if (used < limit * NEARLY_FULL) return ok(USE, found);
  return warning(USE, found, "When it is full, no new result is stored.", `Raise maxmemory, or: ${RECOMMENDED_POLICY}`);
}

function judgeFragmentation(used: number, info: Info): Finding[] {
  const ratio = info.number("mem_fragmentation_ratio");
  if (ratio === undefined || ratio < FRAGMENTED || used < WORTH_LOOKING) return [];
  return [
    note(
      "memory-fragmentation",
      `The process takes ${ratio} times the memory that its data take.`,
      "maxmemory counts the data. The rest comes on top of it.",
      "Set activedefrag to yes, or leave more room above maxmemory.",
    ),
  ];
}
