import type { Patch } from "./load-core.js";
import type { ProfileName } from "./profiles.js";

/** A version of the package with one mistake in it. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Tokens bear no epoch. */
  readonly hasNoEpoch?: true;
  /** The one profile in which it is looked for, where few schedules of the others could show it. */
  readonly profile?: ProfileName;
  /** The first seed, where it takes many to show it: one that did, or shortly before. Default 1. */
  readonly from?: number;
}

function mutant(
  name: string,
  file: string,
  find: string,
  replace: string,
  profile?: ProfileName,
  from?: number,
): Mutant {
  return { name, patches: [{ file, find, replace }], ...(profile && { profile }), ...(from && { from }) };
}

const FENCE = "write-fence.ts";
const READS = "read-through.ts";
const LOADER = "loader.ts";
const FINDER = "finder.ts";
const FILLER = "filler.ts";
const NARROWING = "narrowing.ts";
const MEMORY = "store/memory-store.ts";
const MIRROR = "l1/mirror.ts";
const L1 = "l1/l1.ts";
const CACHE = "cache.ts";
const ANNOUNCING = "l1/announcing.ts";

/** Each rule that the cache is safe by, broken once. */
export const MUTANTS: readonly Mutant[] = [
  mutant(
    "stamps taken at the fill",
    LOADER,
    "const stamps = absent ? absentStamps(plan, tokens) : tokens.slice(0, plan.tags.length);",
    `let stamps: readonly TokenState[];
     try {
       const now = await this.context.store.mint(allTags(plan), allTags(plan).map(this.context.lifetime));
       stamps = absent ? absentStamps(plan, now) : now.slice(0, plan.tags.length);
     } catch {
       return { loaded: { value, payload: null }, stored: null };
     }`,
    undefined,
    294,
  ),
  mutant("rotated only after the commit", FENCE, 'if (this.context.consistency === "eventual") return;', "return;"),
  mutant(
    "a release drops anyone's lock",
    MEMORY,
    "if (holder !== null) lock.holders.delete(holder);",
    "lock.holders.clear();",
    undefined,
    231,
  ),
  mutant(
    "one holder, compare and delete",
    MEMORY,
    "// A renewal never shortens: an earlier promise to hold longer stands.",
    "if (!lock.holders.has(holder)) lock.holders.clear();",
  ),
  mutant("released although the commit is ambiguous", FENCE, "return this.#hold();", "return this.#release();"),
  { name: "no epoch", patches: [], hasNoEpoch: true, from: 275 },
  mutant(
    "minted over a lock",
    MEMORY,
    "if (state !== null) return state;",
    "if (typeof state === 'string') return state; this.#locks.delete(tag);",
    undefined,
    394,
  ),
  mutant(
    "restored after a lease ended",
    MEMORY,
    "lock.holders.delete(holder);\n      lock.former = null;",
    "lock.holders.delete(holder);",
    "bounded, processes die",
    1391,
  ),
  mutant(
    "a load begun before the write is joined",
    READS,
    "`${plan.key}\\0${tokens.join()}`",
    "plan.key",
    "bounded",
    1379,
  ),
  mutant(
    "a counter in place of random tokens",
    MEMORY,
    "const token: Token = randomTokenBits();",
    "const token: Token = String((this.counters.get(tag) ?? 0) + 1); this.counters.set(tag, Number(token));",
  ),
  mutant(
    "reads do not wait for what is owed",
    FINDER,
    'if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };\n    if (own.length > MOST_STAMPS) {',
    "if (own.length > MOST_STAMPS) {",
    "bounded, the store is away",
    1638,
  ),
  mutant("a refused release is not made up for", FENCE, 'this.#recover(this.#ended, "rotate");', ""),
  mutant("a refused hold is not made up for", FENCE, 'this.#recover(tags, "hold");', ";"),
  mutant(
    "one statement tells for all of the transaction",
    FENCE,
    "(this.#fenced.get(tag) ?? 0) + 1",
    "1",
    "bounded, failover",
    2835,
  ),
  mutant(
    "a fence that nobody told about is taken as unchanged",
    FENCE,
    "this.#fenced.get(tag) === 0",
    "this.#fenced.has(tag)",
  ),
  mutant(
    "locks are taken to last on another server too",
    FENCE,
    "tenure !== null && tenure === this.#tenure",
    "tenure !== null",
    "bounded, releases are not awaited where locks last, everything is lost",
    781,
  ),
  {
    name: "reads behind a lock join a load that has begun",
    patches: [
      { file: "next-flight.ts", find: "next: null };", replace: "next: { answer, isShared: true } };" },
      { file: "next-flight.ts", find: "this.#begin(name, load, false)", replace: "this.#begin(name, load, true)" },
    ],
  },
  mutant(
    "acknowledged before the release",
    FENCE,
    "await released;\n    else",
    "void released;\n    else",
    undefined,
    315,
  ),
  mutant(
    "reads do not wait for releases under way",
    FINDER,
    "// What this process has acknowledged, it sees.\n    const released = this.#released(plan, own);\n    if (released) await released;",
    "",
    "bounded, releases are not awaited, locks are lost",
    1040,
  ),
  mutant(
    "a release leaves the token of whoever came since",
    MEMORY,
    "// A plain token here means that the lease was lost: it goes all the same.\n      this.#tokens.delete(tag);",
    "",
  ),
  mutant(
    "a change does not spoil the former token",
    MEMORY,
    "lock.former = null;\n      if (holder",
    "if (holder",
    undefined,
    295,
  ),
  mutant(
    "only the first stamp is compared",
    "judge.ts",
    "for (let i = 0; i < stamps.length; i++) if",
    "for (let i = 0; i < 1; i++) if",
  ),
  mutant(
    "what was owed anew during a flush is forgotten",
    "recovery.ts",
    "if (this.#queued.get(tag) === owed) this.#queued.delete(tag)",
    "this.#queued.delete(tag)",
    "eventual, the store is away",
    1446,
  ),
  mutant(
    "what a flush could not deliver is forgotten",
    "recovery.ts",
    "if (failed) throw (failed as PromiseRejectedResult).reason;",
    "",
    undefined,
    585,
  ),
  mutant(
    "what is owed is never delivered",
    "cache.ts",
    "onAvailable: () => this.#recover(),",
    "onAvailable: () => {},",
  ),
  mutant(
    "a replica is not waited for",
    FENCE,
    'this.context.consistency === "strict" ? this.context.replicaTimeout : undefined',
    "undefined",
    "strict, failover, processes die",
    662,
  ),
  mutant(
    "what may yet commit is held without a replica",
    FENCE,
    "this.context.ambiguousLease, this.#replicaTimeout",
    "this.context.ambiguousLease",
    "strict, failover, commits come late",
    437,
  ),
  mutant(
    "a write goes on although it was refused its locks",
    FENCE,
    'if (this.context.onUnreachable === "proceed") return;',
    "return;",
    "strict, failover, processes die",
    1510,
  ),
  mutant(
    "no second look at what exact tags replace",
    NARROWING,
    'if (watched.stamps.some((stamp, i) => seen[exact.length + i] !== stamp)) return "overtaken";',
    "",
    undefined,
    484,
  ),
  mutant(
    "a lock on what exact tags replace is overlooked",
    NARROWING,
    "seen[exact.length + i] !== stamp",
    "typeof seen[exact.length + i] === 'string' && seen[exact.length + i] !== stamp",
    "rows are left, failover",
    2540,
  ),
  mutant(
    "exact tags are looked at after what they replace",
    FILLER,
    "seen.push(...(await this.context.store.mint(tags, lifetimes)));",
    `const { exact, watched } = substitution;
     const mint = (these) => this.context.store.mint(these, these.map((tag) => this.context.lifetime(tag, policy)));
     const wide = await mint(watched.tags);
     seen.push(...(await mint(exact)), ...wide);`,
    undefined,
    163,
  ),
  mutant(
    "an exact tag is forgotten",
    NARROWING,
    "return { tags: [...kept.tags, ...exact], stamps: [...kept.stamps, ...stamps] };",
    "return { tags: [...kept.tags, ...exact.slice(0, -1)], stamps: [...kept.stamps, ...stamps.slice(0, -1)] };",
  ),
  mutant(
    "a named entry is judged by the tags of its plan",
    "judge.ts",
    "names ? compareNamed(entry.stamps, names, tokens, expected.tags) : compare(entry, tokens, expected)",
    "compare(names ? { ...entry, stamps: entry.stamps.slice(0, 2) } : entry, tokens, { ...expected, tagCount: names ? 2 : expected.tagCount })",
  ),
  mutant(
    "tags that were not looked up are taken as unchanged",
    "judge.ts",
    "if (place === undefined) isUnseen = true;",
    "if (place === undefined) continue;",
  ),
  mutant(
    "what stays of the wide tags is stamped anew",
    FILLER,
    "return substitute(substitution, seen);",
    `const { kept } = substitution;
     if (seen.length === 0) return substitute(substitution, seen);
     const stamps = await this.context.store.mint(kept.tags, kept.tags.map(this.context.lifetime));
     if (stamps.some((stamp) => typeof stamp !== 'string')) return "wide";
     return substitute({ ...substitution, kept: { ...kept, stamps } }, seen);`,
    "bounded, releases are not awaited, locks are lost",
    5289,
  ),
  {
    name: "what was not found does not depend on what may be created",
    patches: [
      { file: LOADER, find: "absent ? absentStamps(plan, tokens) : tokens.slice", replace: "tokens.slice" },
      { file: "judge.ts", find: "entry.names ?? (entry.absent ? expected.absentTags : null)", replace: "entry.names" },
    ],
    from: 580,
  },
  mutant(
    "a load that is about to be stored is joined whatever was written since",
    READS,
    "`${plan.key}\\0${tokens.join()}`",
    "plan.loadNarrow ? plan.key : `${plan.key}\\0${tokens.join()}`",
    "eventual",
    2436,
  ),
  mutant(
    "a token comes into memory although its tag was told of since it was asked for",
    MIRROR,
    " || (this.#told.get(tag) ?? 0) > since",
    "",
    "tracked, one row",
    944,
  ),
  mutant(
    "a token comes into memory that was asked for before its group was followed",
    MIRROR,
    "since < followed || ",
    "",
    "tracked, one row",
    10_217,
  ),
  {
    name: "what is no longer known to have been told counts as never told",
    patches: [
      { file: MIRROR, find: "const MOST_TOLD = 10_000;", replace: "const MOST_TOLD = 1;" },
      { file: MIRROR, find: "since < this.#forgotten || ", replace: "" },
    ],
    profile: "tracked, one row",
    from: 944,
  },
  mutant(
    "results in memory are kept when the connection is lost that tells of them",
    MIRROR,
    "for (const tag of this.#cells.keys()) if (lost.has(tagGroup(tag)) && this.#cells.delete(tag)) dropped++;",
    "",
    "tracked, one row",
  ),
  mutant(
    "a group counts as followed although its connection is lost",
    MIRROR,
    "for (const group of groups) this.#followed.delete(group);",
    "",
    "tracked, one row",
    9813,
  ),
  mutant(
    "results in memory are served however long nothing was heard",
    MIRROR,
    "return time - this.#heard < maxStaleness;",
    "return true;",
    "tracked, one row",
    237,
  ),
  mutant(
    "messages are not listened to",
    MIRROR,
    "      if (this.#cells.delete(tag)) dropped++;\n",
    "",
    "tracked, one row",
  ),
  mutant(
    "a message is forgotten as soon as it is obeyed",
    MIRROR,
    "this.#told.set(tag, this.#now);",
    "",
    "tracked, one row",
    944,
  ),
  mutant(
    "what was lost is not followed again",
    MIRROR,
    "if (!this.#asked.has(group)) return;",
    "if (!this.#asked.delete(group)) return;",
    "tracked, one row",
  ),
  mutant(
    "this process's own writes leave its memory as it is",
    ANNOUNCING,
    "    forget(tags);\n    try {\n      await send();\n    } finally {\n      forget(tags);\n    }",
    "    await send();",
    "tracked, one row",
  ),
  mutant(
    "this process's own writes leave the answers that are on their way to its memory",
    ANNOUNCING,
    "    } finally {\n      forget(tags);\n    }",
    "    } finally {\n    }",
    "tracked, one row, one process",
    7205,
  ),
  mutant(
    "what is loaded into memory is taken as asked for just now",
    FILLER,
    "this.context.l1.put(plan, entry, since)",
    "this.context.l1.put(plan, entry, Infinity)",
    "tracked, one row",
    136,
  ),
  mutant(
    "what is put into memory is taken as asked for just now",
    FINDER,
    "this.context.l1.put(plan, entry, since);",
    "this.context.l1.put(plan, entry, this.context.mirror.now);",
    "tracked, one row",
    8130,
  ),
  mutant(
    "what is confirmed in memory is taken as asked for just now",
    L1,
    "held.cells = this.mirror.cells(held.tags, held.stamps, since);",
    "held.cells = this.mirror.cells(held.tags, held.stamps, this.mirror.now);",
    "tracked, one row",
    1483,
  ),
  mutant(
    "of what is in memory one tag is watched",
    L1,
    "i < cells.length; i++) if",
    "i < 1; i++) if",
    "tracked, one row",
  ),
  mutant(
    "what is in memory is not compared with the tokens",
    L1,
    "if (!areEqual(tokens, held.stamps)) {",
    "if (!areEqual(held.stamps, held.stamps)) {",
    "validated",
  ),
  mutant(
    "a lock is overlooked when what is in memory is compared",
    L1,
    "if (tokens[i] !== stamps[i]) return false;",
    "if (tokens[i] !== stamps[i] && typeof tokens[i] !== 'symbol') return false;",
    "validated",
  ),
  mutant(
    "only the first token of what is in memory is compared",
    L1,
    "for (let i = 0; i < stamps.length; i++) if (tokens[i]",
    "for (let i = 0; i < 1; i++) if (tokens[i]",
    "validated",
  ),
  mutant(
    "what is in memory is validated without asking",
    FINDER,
    'if (l1?.mode !== "tracked") return null;',
    "if (l1 === null) return null;",
    "tracked, validated and not in memory",
    533,
  ),
  mutant(
    "what is in memory depends on the tags of its plan, whatever its entry names",
    L1,
    "const tags = entryTags(plan, entry);",
    "const { tags } = plan;",
    "tracked",
  ),
  mutant(
    "what is expired and invalidated is served while it is loaded anew",
    "judge.ts",
    'if (stamps === "differ") return ended;',
    'if (stamps === "differ" && now < entry.freshUntil) return ended;',
    "renewed",
  ),
  mutant(
    "what is loaded anew is stamped after its load",
    READS,
    "const tokens = await this.#finder.tokensForAnother(plan, storedAt);",
    `const loaded = plan.loadNarrow ? await plan.loadNarrow() : { value: await plan.load() };
     plan = { ...plan, load: async () => loaded.value, ...(plan.loadNarrow && { loadNarrow: async () => loaded }) };
     const tokens = await this.#finder.tokensForAnother(plan, storedAt);`,
    "renewed",
    1086,
  ),
  mutant(
    "who waited for another process takes what it stored, whatever was written since",
    READS,
    "const sight = await this.#finder.find(plan, since);",
    `const known = await this.#lastKnown.find(plan, 1e15);
     if (known) {
       const payload = known.data === null ? new Uint8Array() : plan.codec.encode(known.data);
       return { loaded: { value: known.data, payload } };
     }
     const sight = await this.#finder.find(plan, since);`,
    "renewed",
    24_600,
  ),
  mutant(
    "a row is left although somebody else was in its lock",
    MEMORY,
    "lock.holders.has(holder) && !lock.isMet && !lock.isSpoiled",
    "lock.holders.has(holder)",
    "rows are left",
  ),
  mutant(
    "a row is left although its lock was lost",
    MEMORY,
    "lock !== null && lock.holders.has(holder) && !lock.isMet && !lock.isSpoiled",
    "lock === null || (lock.holders.has(holder) && !lock.isMet && !lock.isSpoiled)",
    "rows are left, locks are lost",
    213,
  ),
  mutant(
    "a row is left although its lock may be one that was made anew",
    FENCE,
    "isCovered && this.#renewing === undefined ? wanted",
    "isCovered ? wanted",
    "rows are left, locks are lost",
    6061,
  ),
  {
    name: "what a row depends on besides is looked at after the statement",
    patches: [
      { file: CACHE, find: "Promise.all([fence.lock(), refilling.look()])", replace: "fence.lock()" },
      {
        file: CACHE,
        find: "// A write that has found nothing to do may have sent nothing that was held.\n    await locks;",
        replace: "await locks;\n    await refilling?.look();",
      },
    ],
    profile: "rows are left",
    from: 1364,
  },
  mutant(
    "a list is left although it had changed before its lock",
    MEMORY,
    "(former !== undefined && this.#lock(tag, now)?.former?.token !== former)",
    "false",
    "lists are left",
  ),
  mutant(
    "a list is left under a token of which nobody knows what it took the place of",
    "refill.ts",
    "lifetime: longest, former });",
    "lifetime: longest });",
    "lists are left",
  ),
];
