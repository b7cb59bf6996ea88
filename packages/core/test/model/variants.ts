import { PROPERTIES, type Property } from "./protocol-model.js";
import { PROTOCOL, type Protocol, type Setting } from "./protocol.js";

/** One setting, and what is known of it. */
export interface Variant {
  readonly name: string;
  readonly setting: Setting;
  /** The properties that are violated in it. All the others must hold. */
  readonly breaks: readonly Property[];
}

interface Group {
  readonly title: string;
  readonly variants: readonly Variant[];
}

const BASE: Setting = {
  writers: 2,
  readers: 2,
  reads: 2,
  processes: 1,
  tags: 1,
  writes: ["named"],
  rollback: true,
  faults: {},
  protocol: PROTOCOL,
};

/** `breaks`: the properties' letters. */
function variant(
  name: string,
  breaks: string,
  changes: Partial<Omit<Setting, "protocol">> = {},
  protocol: Partial<Protocol> = {},
): Variant {
  const setting = { ...BASE, ...changes, protocol: { ...PROTOCOL, ...protocol } };
  return { name, setting, breaks: PROPERTIES.filter((property) => breaks.includes(property)) };
}

const EVENTUAL: Partial<Protocol> = { level: "eventual" };
const FENCED: Partial<Setting> = { tags: 2, writes: ["told", "elsewhere"] };
const EVERY_WRITE: Partial<Setting> = { tags: 2, writes: ["named", "told", "elsewhere", "untold"] };
const NARROW: Partial<Setting> = { tags: 3, writes: ["named", "told", "elsewhere"] };
const NARROWING: Partial<Protocol> = { narrowing: "both at once" };
const TOLD: Partial<Setting> = { tags: 3, writes: ["named"], reads: 1 };
const APART: Partial<Protocol> = {
  narrowing: "the exact ones, then all rows",
  ends: "all rows first",
  quarantine: "one by one",
};
const CLUSTER: Partial<Protocol> = { lookup: "in two commands" };
const STRICT: Partial<Protocol> = { replica: "waited for" };

/** What evercache does, and what each fault can do to it. Small enough to be looked at in every test run. */
export const PROMISES: readonly Group[] = [
  {
    title: "bounded: a lock before the commit, released before the acknowledgement",
    variants: [
      variant("no fault", "", { reads: 3 }),
      variant("no fault, 3 writers", "", { writers: 3 }),
      variant("no fault, 3 readers", "", { readers: 3 }),
      variant("two processes", "", { processes: 2 }),
      variant("two commands to look up", "", {}, CLUSTER),
      variant("a writer dies", "", { faults: { crash: 1 } }),
      variant("both writers die, two commands to look up", "", { faults: { crash: 2 } }, CLUSTER),
      variant("a writer dies, tokens and the entry are evicted", "", {
        faults: { crash: 1, evictToken: 2, evictEntry: 1 },
      }),
      variant("the database may yet commit", "", { faults: { ambiguous: 2 } }),
      variant("the database may yet commit, a writer dies", "", { faults: { ambiguous: 1, crash: 1 } }),
    ],
  },
  {
    title: "bounded, and the lock is lost: what was acknowledged is seen all the same",
    variants: [
      variant("a lock is evicted", "S", { faults: { evictLock: 1 } }),
      variant("both locks are evicted, and a token", "S", { faults: { evictLock: 2, evictToken: 1 } }),
      variant("a lease ends before its write", "S", { faults: { slow: 1 } }),
      variant("both leases end before their writes", "S", { faults: { slow: 2 } }),
      variant("a lock is evicted, and the writer dies", "SQ", { faults: { evictLock: 1, crash: 1 } }),
      variant("a lease ends before its write, and the writer dies", "SQ", { faults: { slow: 1, crash: 1 } }),
    ],
  },
  {
    title: "failover, which loses any suffix of what the store was told",
    variants: [
      variant("bounded", "S", { faults: { failover: 1 } }),
      variant("bounded, and a writer dies", "SQ", { reads: 1, faults: { failover: 1, crash: 1 } }),
      variant("bounded, the quarantine waits for a replica", "", { faults: { failover: 1 } }, STRICT),
      variant(
        "bounded, the quarantine waits for a replica, and a writer dies",
        "",
        { reads: 1, faults: { failover: 1, crash: 1 } },
        STRICT,
      ),
      variant("eventual", "S", { faults: { failover: 1 } }, EVENTUAL),
    ],
  },
  {
    title: "eventual: released before the acknowledgement, and never locked",
    variants: [
      variant("no fault", "S", { reads: 3 }, EVENTUAL),
      variant("two commands to look up", "S", {}, { ...EVENTUAL, ...CLUSTER }),
      variant("tokens and the entry are evicted", "S", { faults: { evictToken: 2, evictEntry: 1 } }, EVENTUAL),
      variant("a writer dies", "SQ", { faults: { crash: 1 } }, EVENTUAL),
    ],
  },
  {
    title: "the store is away for a writer: its process owes it what it was not told, and reads nothing from it before",
    variants: [
      variant("one command is refused", "S", { processes: 2, faults: { away: 1 } }),
      variant("two commands are refused", "SR", { processes: 2, faults: { away: 2 } }),
      variant("three commands are refused, two tags", "SR", {
        ...EVERY_WRITE,
        reads: 1,
        processes: 2,
        faults: { away: 3 },
      }),
    ],
  },
  {
    title: "a wide tag that is fenced while a write cannot name its rows, and then gets its token back",
    variants: [
      variant("no fault", "", FENCED),
      variant("no fault, 3 writers", "", { ...FENCED, writers: 3, reads: 1 }),
      variant("beside every other kind of write", "", EVERY_WRITE),
      variant("beside every other kind of write, and a writer dies", "", { ...EVERY_WRITE, faults: { crash: 1 } }),
      variant("two commands to look up, and a writer dies", "", { ...FENCED, reads: 1, faults: { crash: 1 } }, CLUSTER),
      variant("tokens are evicted, and a writer dies", "", { ...FENCED, faults: { crash: 1, evictToken: 1 } }),
      variant("the database may yet commit", "", { ...FENCED, faults: { ambiguous: 1 } }),
      variant("a lock is evicted", "S", { ...FENCED, faults: { evictLock: 1 } }),
      variant("a lease ends before its write", "S", { ...FENCED, faults: { slow: 1 } }),
      variant("failover", "S", { ...FENCED, reads: 1, faults: { failover: 1 } }),
      variant(
        "failover, the quarantine waits for a replica",
        "",
        { ...FENCED, reads: 1, faults: { failover: 1 } },
        STRICT,
      ),
    ],
  },
  {
    title: "only the result tells the exact tags: after the load they take the place of the tag of all rows",
    variants: [
      variant("no fault", "", NARROW, NARROWING),
      variant("two processes", "", { ...NARROW, processes: 2 }, NARROWING),
      variant(
        "a writer dies, tokens are evicted",
        "",
        { ...NARROW, reads: 1, faults: { crash: 1, evictToken: 1 } },
        NARROWING,
      ),
      variant("the database may yet commit", "", { ...NARROW, reads: 1, faults: { ambiguous: 1 } }, NARROWING),
      variant("a lock is evicted", "S", { ...NARROW, writes: ["told"], reads: 1, faults: { evictLock: 1 } }, NARROWING),
      variant(
        "a lease ends before its write",
        "S",
        { ...NARROW, writes: ["told"], reads: 1, faults: { slow: 1 } },
        NARROWING,
      ),
      variant("failover", "S", { ...NARROW, writes: ["told"], reads: 1, faults: { failover: 1 } }, NARROWING),
      variant("eventual", "S", NARROW, { ...NARROWING, ...EVENTUAL }),
    ],
  },
  {
    title: "only the result tells the exact tags, and no two tags are seen or changed at one instant: custom tags",
    variants: [
      variant("no fault", "", { ...TOLD, reads: 2 }, APART),
      variant("two processes", "", { ...TOLD, processes: 2 }, APART),
      variant("a writer dies, tokens are evicted", "", { ...TOLD, faults: { crash: 1, evictToken: 2 } }, APART),
      variant("the database may yet commit", "", { ...TOLD, faults: { ambiguous: 1 } }, APART),
      variant("a lock is evicted", "S", { ...TOLD, faults: { evictLock: 1 } }, APART),
      variant("a lease ends before its write", "S", { ...TOLD, faults: { slow: 1 } }, APART),
      variant("failover", "S", { ...TOLD, writers: 1, faults: { failover: 1 } }, APART),
      variant("eventual", "S", TOLD, { ...APART, ...EVENTUAL }),
      variant("eventual, tokens are evicted", "S", { ...TOLD, faults: { evictToken: 2 } }, { ...APART, ...EVENTUAL }),
    ],
  },
];

/** The protocol with one rule less. Each must be refuted, or the rule is not needed, or the model does not see it. */
export const COUNTEREXAMPLES: readonly Variant[] = [
  variant("stamps taken at the fill", "SROQ", {}, { stamps: "at the fill" }),
  variant("rotated only after the commit", "SQ", { faults: { crash: 1 } }, EVENTUAL),
  variant("a release drops anyone's lock", "S", {}, { locks: "whoever is last" }),
  variant(
    "a release drops anyone's lock, and a writer dies",
    "SQ",
    { faults: { crash: 1 } },
    { locks: "whoever is last" },
  ),
  variant("one holder, compare and delete", "S", {}, { locks: "one holder, compared" }),
  variant(
    "one holder, compare and delete, and a writer dies",
    "SQ",
    { faults: { crash: 1 } },
    { locks: "one holder, compared" },
  ),
  variant("released although the commit is ambiguous", "SQ", { faults: { ambiguous: 1 } }, { ambiguous: "released" }),
  variant("no epoch", "SROQ", { faults: { failover: 1 } }, { epoch: "none" }),
  variant("minted over a lock", "S", {}, { mint: "over anything" }),
  variant("minted over a lock, and a writer dies", "SQ", { faults: { crash: 1 } }, { mint: "over anything" }),
  variant("restored after a lease ended", "SQ", { faults: { crash: 1 } }, { restore: "also after a lease ended" }),
  variant(
    "restored after a lease ended, behind a fence",
    "SQ",
    { ...FENCED, faults: { crash: 1 } },
    { restore: "also after a lease ended" },
  ),
  variant("a load begun before the write is joined", "SRO", {}, { join: "any" }),
  variant("a counter in place of random tokens", "SROQ", { faults: { evictToken: 1 } }, { tokens: "counted" }),
  variant(
    "acknowledged before the release, and a lock is evicted",
    "SRO",
    { faults: { evictLock: 1 } },
    { release: "not awaited" },
  ),
  variant("what is owed is never delivered", "SROQ", { processes: 2, faults: { away: 2 } }, { recovery: "never" }),
  variant("no second look at the tag of all rows", "SROQ", NARROW, { narrowing: "the exact ones only" }),
  variant("the exact tags are looked at after that of all rows", "SROQ", NARROW, {
    narrowing: "all rows, then the exact ones",
  }),
  variant("the exact tag is taken without the fence", "S", NARROW, { narrowing: "both at once, without the fence" }),
  variant("the exact tag is ended before that of all rows", "SROQ", NARROW, {
    ...NARROWING,
    ...EVENTUAL,
    ends: "the exact tag first",
  }),
  variant("custom tags: the exact one is ended before that for all", "SROQ", TOLD, {
    ...APART,
    ...EVENTUAL,
    ends: "the exact tag first",
  }),
  variant(
    "custom tags: the exact one is ended before that for all, and a lease ended",
    "SROQ",
    { ...TOLD, faults: { slow: 1 } },
    { ...APART, ends: "the exact tag first" },
  ),
  variant("custom tags: that for all is looked at before the exact ones", "SROQ", TOLD, {
    ...APART,
    narrowing: "all rows, then the exact ones",
  }),
  variant("custom tags: that for all is not looked at again", "SROQ", TOLD, {
    ...APART,
    narrowing: "the exact ones only",
  }),
  variant("told unchanged behind the fence although it changed", "SROQ", { tags: 2, writes: ["mistold"] }),
];

/** The largest that this machine can hold. Minutes. */
export const LARGE: readonly Group[] = [
  {
    title: "larger",
    variants: [
      variant("3 writers, 3 readers, a writer dies", "", { writers: 3, readers: 3, faults: { crash: 1 } }),
      variant("3 writers, 3 reads, two writers die, tokens are evicted", "", {
        writers: 3,
        reads: 3,
        faults: { crash: 2, evictToken: 2 },
      }),
      variant(
        "failover, a writer dies, the quarantine waits, two commands to look up",
        "",
        { faults: { failover: 1, crash: 1 } },
        { ...STRICT, ...CLUSTER },
      ),
      variant(
        "exact tags in the place of that of all rows, 3 writers",
        "",
        { ...NARROW, writers: 3, reads: 1 },
        NARROWING,
      ),
      variant("custom tags, failover", "S", { ...TOLD, faults: { failover: 1 } }, APART),
      variant("custom tags, both leases end before their writes", "S", { ...TOLD, faults: { slow: 2 } }, APART),
      variant("two failovers, the quarantine waits", "", { faults: { failover: 2 } }, STRICT),
      variant("every kind of write, 3 writers, one read, two die", "", {
        ...EVERY_WRITE,
        writers: 3,
        reads: 1,
        faults: { crash: 2 },
      }),
      variant(
        "every kind of write, two commands to look up, tokens evicted, ambiguous commits, a writer dies",
        "",
        { ...EVERY_WRITE, faults: { crash: 1, evictToken: 1, ambiguous: 1 } },
        CLUSTER,
      ),
    ],
  },
];
