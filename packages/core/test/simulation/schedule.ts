import type { Choices } from "./choices.js";
import { IDS, KIND_QUERY, KIND_TAGS, NAMES, QUERIES, TAGS, type Id, type Statement } from "./database.js";
import type { Tag } from "../../src/tag.js";
import type { Fault, L1Kind, Profile } from "./profiles.js";
import { LONG, NETWORK } from "./scheduler.js";
import { LEASE, MAX_STALENESS, READS_TO_MEMORY, World, WRITE_DEADLINE, type End, type Machines } from "./world.js";

export interface Outcome {
  /** Why the schedule is bad, if it is. */
  readonly violation: string | null;
  readonly hits: number;
  /** Of those, in the memory of the process. */
  readonly l1Hits: number;
  readonly steps: number;
  /** What was chosen: played back, it gives the same schedule. */
  readonly choices: readonly number[];
  readonly log: readonly string[];
}

/** Milliseconds that the server's clock goes on with each step. */
const PACES = [0, 10, 30];
/** Milliseconds that the clocks of processes go on with each unit of time, where messages have to come in time. */
const BEATS = [0, 5, 20];
const NEED_LOCKS: ReadonlySet<Fault> = new Set([
  "a lock is evicted",
  "everything is lost",
  "leases end",
  "a process dies",
  "the replica takes over",
]);
const MOST_TRIES = 10;
/** Rounds of timers after which whatever is still under way hangs. */
const MOST_ROUNDS = 100;
const ENDS: readonly End[] = ["commits", "commits", "commits", "commits", "fails", "lost, but committed", "lost"];

/**
 * What actors do. The less there is to do, the sooner is found what depends on the order of events alone: one row that
 * is read and changed; one row, in every way; everything.
 */
type Scope = "one change" | "one row" | "everything";
const SCOPES: readonly Scope[] = ["one change", "one row", "everything", "one change"];

const EVERY_QUERY = [...QUERIES.keys()].filter((query) => query !== KIND_QUERY);
const KIND_QUERIES = [KIND_QUERY, 0];
/** The first row by its id, by the name that it has in the beginning, and as what the post points at. */
const FEW_KEYS = ["id=1", "name=a", "post with row", "post with named"];
const ROW_QUERIES = EVERY_QUERY.filter((query) => QUERIES[query]!.key === "id=1");
const NARROW_QUERIES = EVERY_QUERY.filter((query) => FEW_KEYS.includes(QUERIES[query]!.key));

/** Plays one schedule to its end. */
export async function play(profile: Profile, choices: Choices, machines: Machines, isLogged = false): Promise<Outcome> {
  const schedule = new Schedule(profile, choices, new World(profile, choices, machines, isLogged));
  return schedule.play();
}

class Schedule {
  /** Actors at work, by process. */
  readonly #working: number[];
  readonly #scope: Scope;
  /** What is asked. */
  readonly #queries: readonly number[];
  /** What there is to ask, and what that depends on. */
  readonly #every: readonly number[];
  readonly #tags: readonly Tag[];

  constructor(
    private readonly profile: Profile,
    private readonly choices: Choices,
    private readonly world: World,
  ) {
    this.#working = world.processes.map(() => 0);
    this.#scope = profile.isAboutOneRow ? "one change" : choices.pick(SCOPES);
    const narrow = profile.isAboutOneRow ? ROW_QUERIES : profile.patches ? KIND_QUERIES : NARROW_QUERIES;
    this.#every = profile.patches ? [...EVERY_QUERY, KIND_QUERY] : EVERY_QUERY;
    this.#tags = profile.patches ? [...TAGS, ...KIND_TAGS] : TAGS;
    this.#queries = this.#scope === "everything" ? this.#every : narrow;
  }

  async play(): Promise<Outcome> {
    const { world, choices } = this;
    if (choices.below(4) > 0) await world.warm(this.#queries);
    const actors = 2 + choices.below(4);
    // Those of one process share loads, and what it knows.
    const inhabited = this.profile.processes - choices.below(this.profile.processes);
    for (let i = 0; i < actors; i++) this.#act(i % inhabited);
    const faults = choices.below(this.profile.mostFaults + 1);
    for (let i = 0; i < faults; i++) this.#plan(choices.pick(this.profile.faults));
    const pace = this.profile.faults.includes("time passes") ? choices.pick(PACES) : 0;
    const beat = this.profile.l1?.includes("tracked") || this.profile.renews ? choices.pick(BEATS) : 0;
    let { time } = world.scheduler;
    await world.scheduler.run(() => {
      if (pace > 0) this.#pass(pace);
      if (beat > 0) this.#beat(beat * (world.scheduler.time - time));
      time = world.scheduler.time;
    });

    await this.#rest();
    return {
      violation: world.violations[0] ?? null,
      hits: world.hits,
      l1Hits: world.l1Hits,
      steps: world.scheduler.steps,
      choices: choices.taken,
      log: world.scheduler.log ?? [],
    };
  }

  /** An actor that does one thing after the other. */
  #act(process: number): void {
    const { world, choices } = this;
    const most = this.profile.isAboutOneRow ? 8 : this.#scope === "one change" ? 3 : 4;
    const things = Array.from({ length: 1 + choices.below(most) }, () => this.#thing(process));
    this.#working[process]!++;
    world.scheduler.soon(process, "begins", () => {
      const work = async () => {
        for (const thing of things) await thing();
        this.#working[process]!--;
      };
      work().catch((error: unknown) => world.violations.push(`P${process} threw ${String(error)}`));
    });
  }

  #thing(process: number): () => Promise<void> {
    const { world, choices } = this;
    const { lateCommits } = this.profile;
    const kind = choices.below(16);
    const isWide = this.#scope === "everything" || this.profile.patches;
    const id = isWide ? choices.pick(IDS) : 1;
    if (kind < 9) {
      const query = choices.pick(this.#queries);
      const { l1 = ["none"] } = this.profile;
      const memory = l1.length === 1 ? l1[0]! : choices.pick(l1);
      return () => world.read(process, query, memory);
    }
    if (this.profile.refills && kind < 12 && choices.once(3)) {
      const statement = { kind: choices.pick(["create", "delete", "sweep"] as const), id };
      return () => world.write(process, statement, choices.pick(ENDS));
    }
    if (kind < 12 || this.#scope === "one change") {
      const end = lateCommits !== null && choices.once(lateCommits) ? "lost, and commits later" : choices.pick(ENDS);
      return () => world.write(process, { kind: "bump", id }, end);
    }
    if (kind < 14) {
      const statement = this.#statement(id);
      return () => world.write(process, statement, choices.pick(ENDS));
    }
    const ids = choices.once(2) ? [id, choices.pick(IDS)] : [id];
    const learnt = choices.below(ids.length + 1);
    const when = choices.pick(["after", "before"] as const);
    const commits = choices.below(4) < 3;
    return () => world.transact(process, ids, learnt, when, commits);
  }

  #statement(id: Id): Statement {
    const { choices } = this;
    switch (choices.below(8)) {
      case 0:
      case 1:
        return { kind: "delete", id };
      case 2:
        return { kind: "post", about: choices.once(4) ? null : choices.pick(IDS) };
      case 3:
      case 4:
        return choices.once(2) ? { kind: "unpost" } : { kind: "create post", about: id };
      default:
        return { kind: "rename", id, name: choices.pick(NAMES) };
    }
  }

  #plan(fault: Fault): void {
    // Most things happen early.
    this.#planAt(this.choices.below(256) ** 2 / 512, fault, MOST_TRIES);
  }

  #planAt(time: number, fault: Fault, tries: number): void {
    const { scheduler, server } = this.world;
    scheduler.at(time, NETWORK, fault, () => {
      // What costs locks is of interest only where there is one.
      if (tries > 0 && server.leases.size === 0 && NEED_LOCKS.has(fault))
        this.#planAt(scheduler.time + 5, fault, tries - 1);
      else this.#strike(fault);
    });
  }

  #strike(fault: Fault): void {
    const { world, choices } = this;
    const { server, processes } = world;
    switch (fault) {
      case "a timer rings":
        return this.#ring(choices.below(processes.length));
      case "time passes":
        return this.#pass(0.6 * LEASE);
      case "a token is evicted": {
        const tag = choices.pick(
          this.#scope === "everything" ? this.#tags : QUERIES[choices.pick(this.#queries)]!.tags,
        );
        if (!server.isLocked(tag)) server.evict(tag);
        return;
      }
      case "an entry is evicted":
        return void server.evictEntry(QUERIES[choices.pick(this.#every)]!.key);
      case "a lock is evicted": {
        world.seesCommitted = false;
        const locked = this.#tags.filter((tag) => server.isLocked(tag));
        if (locked.length > 0) server.evict(choices.pick(locked));
        return;
      }
      case "everything is lost":
        world.seesCommitted = false;
        return server.flush();
      case "leases end":
        world.seesCommitted = false;
        server.clock += choices.pick([0.4, 0.7, 1.1, 5]) * LEASE;
        return;
      case "a process dies": {
        const writing = [...server.leases.values()].map(({ process }) => processes[process]!);
        choices.pick(writing.length > 0 ? writing : processes).clock.isAlive = false;
        return;
      }
      case "the replica catches up":
        return server.replicate();
      case "the replica takes over":
        if (server.epoch === this.profile.mostFailovers) return;
        server.failOver();
        for (const { link } of processes) link.channel?.break(false, false);
        return;
      case "the store is away": {
        const { link } = choices.pick(processes);
        link.become("unavailable");
        world.scheduler.soon(NETWORK, "the store is back", () => link.become("ready"));
        return;
      }
      case "a channel breaks":
        return choices.pick(processes).link.channel?.break(choices.once(2), choices.once(2));
      case "a process stands still":
        return world.scheduler.stop(
          choices.below(processes.length),
          choices.pick([LONG / 2, LONG]),
          choices.pick([0.5, 1.5]) * MAX_STALENESS,
        );
      default:
        fault satisfies never;
    }
  }

  /** The clocks of processes go on while anybody works who lives. */
  #beat(milliseconds: number): void {
    const { processes, scheduler } = this.world;
    if (!processes.some(({ clock }, i) => clock.isAlive && this.#working[i]! > 0)) return;
    for (const [i, { clock }] of processes.entries()) {
      if (clock.isAlive && !scheduler.isStopped(i)) clock.pass(milliseconds);
    }
  }

  /** Lets the server's clock go on, but not past the end of a lease that somebody still relies on. */
  #pass(time: number): void {
    const { server } = this.world;
    server.clock = Math.max(server.clock, Math.min(server.clock + time, this.#firstEnd() - 1));
  }

  #ring(process: number): void {
    const { clock } = this.world.processes[process]!;
    if (clock.hasTimer && !this.world.scheduler.isStopped(process)) clock.ring();
  }

  /** When the first lease ends that somebody still relies on. */
  #firstEnd(): number {
    const { server, processes, commitsToCome } = this.world;
    let first = Infinity;
    for (const { process, ends, isHeld } of server.leases.values()) {
      const isNeeded = commitsToCome > 0 || (!isHeld && processes[process]!.clock.isAlive);
      if (isNeeded && ends < first) first = ends;
    }
    return first;
  }

  /** Lets everything end, then asks everything: nothing may be old, and nothing uncacheable for ever. */
  async #rest(): Promise<void> {
    const { world, choices } = this;
    const { processes, scheduler, server } = world;
    world.isCalm = true;
    for (const { link } of processes) link.become("ready");
    const living = processes.flatMap(({ clock }, i) => (clock.isAlive ? [i] : []));
    // Whatever has no answer by then is given up, releases that nobody waits for included.
    const ends = processes.map(({ clock }) => clock.now + (this.profile.commandsFail ? 2 * WRITE_DEADLINE : 0));
    const isBusy = (i: number): boolean => {
      const { clock, owes, hasGivenUp } = processes[i]!;
      return (clock.hasTimer && clock.now < ends[i]!) || this.#working[i]! > 0 || owes > 0 || hasGivenUp;
    };
    for (let round = 0; living.some(isBusy); round++) {
      if (round > MOST_ROUNDS) {
        world.violations.push("something hangs for ever");
        return;
      }
      for (const i of living) this.#ring(i);
      // Whoever waits for somebody who died waits by the server's clock.
      if (this.profile.renews) this.#pass(0.2 * LEASE);
      await scheduler.run();
    }
    server.clock += 100 * LEASE;
    if (living.length === 0) return;
    for (const { link } of processes) link.isDirect = true;
    for (const isKept of [false, true]) {
      for (const query of this.#queries) await world.readAtRest(choices.pick(living), query, "none", isKept);
    }
    for (const kind of this.profile.l1 ?? []) if (kind !== "none") await this.#restInMemory(choices.pick(living), kind);
  }

  /** Whatever was missed meanwhile, results are in memory again after a few reads. */
  async #restInMemory(process: number, kind: L1Kind): Promise<void> {
    const { world } = this;
    world.processes[process]!.link.channel?.beat();
    for (const query of this.#queries) {
      for (let i = 0; i < READS_TO_MEMORY; i++) await world.readAtRest(process, query, kind, false);
      if (kind === "tracked") world.readMemoryAtRest(process, query);
      else await world.readAtRest(process, query, kind, true);
    }
  }
}
