import type { Consistency, OnUnreachable } from "../../src/write-fence.js";

export type Fault =
  | "a timer rings"
  | "time passes"
  | "a token is evicted"
  | "an entry is evicted"
  | "a lock is evicted"
  | "everything is lost"
  | "leases end"
  | "a process dies"
  | "the replica catches up"
  | "the replica takes over"
  | "the store is away"
  | "a channel breaks"
  | "a process stands still";

/** How one read makes use of the memory of its process. */
export type L1Kind = "tracked" | "validated" | "none";

/** What a schedule is made of, and what must hold in it. */
export interface Profile {
  readonly name: string;
  readonly processes: number;
  readonly consistency: Consistency;
  readonly onUnreachable: OnUnreachable;
  /** Undefined: unless locks cannot have been lost. */
  readonly awaitRelease: boolean | undefined;
  /** The share of hits that are compared with the database. */
  readonly verify: number;
  /** What a read must see that begins after it. */
  readonly sees: "committed" | "acknowledged";
  readonly faults: readonly Fault[];
  readonly mostFaults: number;
  readonly mostFailovers: number;
  /** Whether commands may be refused, their answers lost, and whether they may take longer than anybody waits. */
  readonly commandsFail: boolean;
  /** Of what kind the reads are, with results in memory; left out: there are none. */
  readonly l1?: readonly L1Kind[];
  /** Whether results expire while it goes on, and are renewed, loaded anew and shared in all ways that policies know. */
  readonly renews?: true;
  /** Whether nothing else is asked and changed, and answers take long, so that reads and writes meet more often. */
  readonly isAboutOneRow?: true;
  /** Whether writes leave their new row in the cache. */
  readonly refills?: true;
  /** Whether reads of their process wait for these. */
  readonly waitsForRows?: true;
  /** Whether they leave the rows of a kind there too, the new row among them. */
  readonly patches?: true;
  /** One statement in so many loses its connection and commits later; null: none does. */
  readonly lateCommits: number | null;
}

const BOUNDED: Profile = {
  name: "",
  processes: 2,
  consistency: "bounded",
  onUnreachable: "proceed",
  awaitRelease: true,
  verify: 0,
  sees: "committed",
  faults: ["a timer rings", "time passes", "a token is evicted", "an entry is evicted"],
  mostFaults: 7,
  mostFailovers: Infinity,
  commandsFail: false,
  lateCommits: 4,
};
const HARMLESS = BOUNDED.faults;
const LOSSES: readonly Fault[] = [...HARMLESS, "a lock is evicted", "everything is lost", "leases end"];
const AWAY: Partial<Profile> = {
  sees: "acknowledged",
  commandsFail: true,
  faults: ["a timer rings", "a timer rings", "the store is away"],
};
const UNHEARD: readonly Fault[] = ["a channel breaks", "a channel breaks", "a process stands still"];
const TRACKED: Partial<Profile> = { l1: ["tracked"], faults: [...HARMLESS, ...UNHEARD] };
const ONE_ROW: Profile = {
  ...BOUNDED,
  l1: ["tracked"],
  isAboutOneRow: true,
  faults: ["a timer rings", ...UNHEARD],
  mostFaults: 12,
  lateCommits: null,
};

export const PROFILES = [
  { ...BOUNDED, name: "bounded" },
  {
    ...BOUNDED,
    name: "bounded, processes die",
    processes: 3,
    faults: ["a timer rings", "time passes", "time passes", "time passes", "a process dies", "a token is evicted"],
    mostFaults: 12,
  },
  { ...BOUNDED, name: "bounded, locks are lost", sees: "acknowledged", faults: LOSSES, lateCommits: null },
  {
    ...BOUNDED,
    name: "bounded, failover",
    sees: "acknowledged",
    faults: [...HARMLESS, "the replica catches up", "the replica takes over", "the replica takes over"],
    lateCommits: null,
  },
  {
    ...BOUNDED,
    name: "strict, failover, processes die",
    consistency: "strict",
    mostFaults: 12,
    // What may yet commit is locked again after a failover, but not with a replica's knowledge.
    mostFailovers: 1,
    onUnreachable: "reject",
    faults: [
      "a timer rings",
      "the replica catches up",
      "the replica takes over",
      "the replica takes over",
      "a process dies",
      "time passes",
      "time passes",
    ],
  },
  {
    ...BOUNDED,
    name: "strict, failover, commits come late",
    consistency: "strict",
    onUnreachable: "reject",
    faults: ["the replica takes over", "time passes", "time passes", "time passes"],
    mostFaults: 12,
    mostFailovers: 1,
    lateCommits: 2,
  },
  { ...BOUNDED, ...AWAY, name: "bounded, the store is away" },
  { ...BOUNDED, ...AWAY, name: "bounded, the store is away, writes are refused", onUnreachable: "reject" },
  {
    ...BOUNDED,
    name: "bounded, releases are not awaited, processes die",
    processes: 3,
    awaitRelease: false,
    faults: [...HARMLESS, "a process dies"],
  },
  {
    ...BOUNDED,
    name: "bounded, releases are not awaited, locks are lost",
    awaitRelease: false,
    sees: "acknowledged",
    faults: LOSSES,
    lateCommits: null,
  },
  { ...BOUNDED, ...AWAY, name: "bounded, releases are not awaited, the store is away", awaitRelease: false },
  {
    ...BOUNDED,
    name: "bounded, releases are not awaited where locks last, processes die",
    processes: 3,
    awaitRelease: undefined,
    faults: [...HARMLESS, "a process dies"],
  },
  {
    ...BOUNDED,
    name: "bounded, releases are not awaited where locks last, everything is lost",
    isAboutOneRow: true,
    awaitRelease: undefined,
    sees: "acknowledged",
    faults: ["a timer rings", "everything is lost"],
    mostFaults: 12,
    lateCommits: null,
  },
  {
    ...BOUNDED,
    ...AWAY,
    name: "bounded, releases are not awaited where locks last, the store is away",
    awaitRelease: undefined,
  },
  {
    ...ONE_ROW,
    name: "tracked, one row, releases are not awaited where locks last",
    awaitRelease: undefined,
    faults: [...ONE_ROW.faults, "everything is lost"],
    sees: "acknowledged",
  },
  { ...BOUNDED, name: "bounded, hits are compared", verify: 1 },
  { ...BOUNDED, name: "eventual", consistency: "eventual", sees: "acknowledged", faults: LOSSES, lateCommits: null },
  { ...BOUNDED, ...AWAY, name: "eventual, the store is away", consistency: "eventual" },
  { ...BOUNDED, ...TRACKED, name: "tracked" },
  { ...ONE_ROW, name: "tracked, one row" },
  { ...ONE_ROW, name: "tracked, one row, one process", processes: 1 },
  {
    ...BOUNDED,
    ...TRACKED,
    name: "tracked, validated and not in memory",
    l1: ["tracked", "validated", "none"],
    verify: 1,
  },
  {
    ...BOUNDED,
    ...TRACKED,
    name: "tracked, locks are lost",
    sees: "acknowledged",
    faults: [...LOSSES, ...UNHEARD],
    lateCommits: null,
  },
  {
    ...BOUNDED,
    ...TRACKED,
    name: "tracked, failover, processes die",
    processes: 3,
    sees: "acknowledged",
    faults: [...UNHEARD, "the replica catches up", "the replica takes over", "a process dies", "time passes"],
    lateCommits: null,
  },
  { ...BOUNDED, ...AWAY, name: "tracked, the store is away", l1: ["tracked"], faults: [...AWAY.faults!, ...UNHEARD] },
  {
    ...BOUNDED,
    ...AWAY,
    name: "tracked, eventual, releases are not awaited, the store is away",
    consistency: "eventual",
    awaitRelease: false,
    l1: ["tracked"],
    faults: [...AWAY.faults!, ...UNHEARD],
  },
  { ...BOUNDED, name: "validated", l1: ["validated"] },
  { ...BOUNDED, name: "renewed", renews: true },
  {
    ...BOUNDED,
    name: "renewed, locks are lost",
    renews: true,
    sees: "acknowledged",
    faults: LOSSES,
    lateCommits: null,
  },
  { ...BOUNDED, ...AWAY, name: "renewed, the store is away", renews: true },
  {
    ...BOUNDED,
    ...TRACKED,
    name: "renewed, tracked and validated, processes die",
    renews: true,
    processes: 3,
    l1: ["tracked", "validated", "none"],
    faults: [...HARMLESS, ...UNHEARD, "a process dies"],
  },
  { ...BOUNDED, ...AWAY, name: "validated, the store is away", l1: ["validated", "none"] },
  { ...BOUNDED, refills: true, name: "rows are left" },
  {
    ...BOUNDED,
    refills: true,
    name: "rows are left, processes die",
    processes: 3,
    faults: ["a timer rings", "time passes", "time passes", "a process dies", "a token is evicted"],
    mostFaults: 12,
  },
  {
    ...BOUNDED,
    refills: true,
    name: "rows are left, locks are lost",
    sees: "acknowledged",
    faults: LOSSES,
    lateCommits: null,
  },
  {
    ...BOUNDED,
    refills: true,
    name: "rows are left, failover",
    sees: "acknowledged",
    faults: [...HARMLESS, "the replica catches up", "the replica takes over", "the replica takes over"],
    lateCommits: null,
  },
  {
    ...BOUNDED,
    refills: true,
    name: "rows are left, strict, failover, processes die",
    consistency: "strict",
    mostFaults: 12,
    mostFailovers: 1,
    onUnreachable: "reject",
    faults: [
      "the replica catches up",
      "the replica takes over",
      "the replica takes over",
      "a process dies",
      "time passes",
    ],
  },
  { ...BOUNDED, ...AWAY, refills: true, name: "rows are left, the store is away" },
  {
    ...BOUNDED,
    refills: true,
    name: "rows are left, releases are not awaited, locks are lost",
    awaitRelease: false,
    sees: "acknowledged",
    faults: LOSSES,
    lateCommits: null,
  },
  { ...BOUNDED, ...TRACKED, refills: true, name: "rows are left, tracked" },
  { ...BOUNDED, refills: true, patches: true, name: "lists are left" },
  {
    ...BOUNDED,
    refills: true,
    patches: true,
    name: "lists are left, releases are not awaited, locks are lost, processes die",
    processes: 3,
    awaitRelease: false,
    sees: "acknowledged",
    faults: [...LOSSES, "a process dies"],
    lateCommits: null,
  },
  {
    ...BOUNDED,
    refills: true,
    patches: true,
    name: "lists are left, failover",
    sees: "acknowledged",
    faults: [...HARMLESS, "the replica catches up", "the replica takes over", "the replica takes over"],
    lateCommits: null,
  },
  { ...BOUNDED, ...AWAY, refills: true, patches: true, name: "lists are left, the store is away" },
  { ...BOUNDED, refills: true, waitsForRows: true, name: "rows are left, and waited for" },
] as const satisfies readonly Profile[];

export type ProfileName = (typeof PROFILES)[number]["name"];
