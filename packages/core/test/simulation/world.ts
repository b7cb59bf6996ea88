import type { Cache } from "../../src/cache.js";
import type { WritePlan } from "../../src/write-plan.js";
import type { Codec } from "../../src/codec/codec.js";
import type { Narrowing } from "../../src/narrowing.js";
import type { L1Policy, Policy } from "../../src/policy/policy.js";
import type { ReadPlan } from "../../src/read-plan.js";
import type { ReadInfo } from "../../src/read-result.js";
import type { Choices } from "./choices.js";
import {
  answeredBy,
  Database,
  effectsOf,
  EVERYTHING,
  KIND_QUERY,
  KIND_TAGS,
  learntOf,
  MODEL,
  patched,
  QUERIES,
  spellRow,
  type Id,
  type Row,
  type Statement,
} from "./database.js";
import { Link, type Fate } from "./link.js";
import type { Core } from "./load-core.js";
import type { L1Kind, Profile } from "./profiles.js";
import { LONG, NETWORK, Scheduler, settled, type Clock } from "./scheduler.js";
import { Server, type ServerProgram } from "./server.js";

export const LEASE = 1000;
export const AMBIGUOUS_LEASE = 4000;
export const WRITE_DEADLINE = 200;
export const MAX_STALENESS = 1000;
const FOREVER = 1e12;
/** Beside each process stands, by so many numbers more, its memory of results. */
const MEMORY_OF = 8;
/** Reads until a result is in memory: the first asks to be told of it, and what was asked for before does not count. */
export const READS_TO_MEMORY = 3;
/** Steps that messages take besides, in a world in which they are late. */
const LATENESS = [0, 0, LONG / 2, 2 * LONG];

/** How a statement ends. `lost`: its connection is, and it never commits, or did, or will. */
export type End = "commits" | "fails" | "lost" | "lost, but committed" | "lost, and commits later";

/** The programs that take part: a server, and processes with a clock each. Loaded once, for any number of worlds. */
export interface Machines extends ServerProgram {
  readonly processes: readonly { readonly core: Core; readonly clock: Clock }[];
}

interface Process {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly link: Link;
  /** Tags whose release it owes to the store. */
  owes: number;
  /** It does not ask the store, until a probe is answered. */
  hasGivenUp: boolean;
  /** Its acknowledged commits that the store has not been told of. */
  readonly untold: number[];
  /** Commits of others that its memory of results has to know of, when it has been told, or could have noticed that not. */
  readonly due: { readonly commit: number; readonly messages: number; readonly by: number }[];
}

interface Answer {
  readonly value: string | null;
  readonly narrowing: Narrowing | null;
}

const codec: Codec = {
  name: "text",
  encode: (value) => Buffer.from(value as string, "latin1"),
  decode: (payload) => Buffer.from(payload).toString("latin1"),
};
/** How commands fail: in every way, or, so that things meet that seldom would, in few and often. */
const FAILURES: readonly { readonly share: number; readonly fates: readonly Fate[] }[] = [
  // `share`: of 32 commands.
  { share: 4, fates: ["refused", "slow", "hangs", "lost", "late"] },
  { share: 12, fates: ["refused", "slow", "hangs", "lost", "late"] },
  { share: 20, fates: ["refused", "slow"] },
  { share: 16, fates: ["refused"] },
];
const FAILED = new Error("the statement failed");
const LOST = new Error("the connection was lost");

function l1Policy(kind: L1Kind): L1Policy | null {
  return kind === "none" ? null : { mode: kind, maxStaleness: MAX_STALENESS, share: false };
}

type Times = Pick<Policy, "ttl" | "negativeTtl" | "sliding" | "swr" | "earlyRefresh" | "stampede">;

/** How results of a world live, and how they are renewed: any composition. */
function pickTimes(choices: Choices): Times {
  const ttl = choices.pick([20, 100, 400]);
  return {
    ttl,
    negativeTtl: choices.pick([undefined, undefined, 20]),
    sliding: choices.pick([undefined, { cap: 2 * ttl }, { cap: FOREVER }]),
    swr: choices.pick([undefined, 50, FOREVER]),
    earlyRefresh: choices.pick([undefined, 1, 20]),
    stampede: choices.pick([undefined, { wait: 50 }, { wait: FOREVER }]),
  };
}

/** Processes of an application, over one server and one database. Each answer is checked as it is given. */
export class World {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly server: Server;
  readonly processes: readonly Process[];
  /** From here on, nothing goes wrong any more. */
  isCalm = false;
  /** Reads must see what was committed; after a fault that can cost locks, only what was acknowledged. */
  seesCommitted: boolean;
  /** Statements that will still commit, whatever becomes of their process. */
  commitsToCome = 0;
  hits = 0;
  /** Of those, expired ones. */
  staleHits = 0;
  /** Of those, in memory. */
  l1Hits = 0;
  readonly violations: string[] = [];
  readonly #everybody: number;
  readonly #times: Times;
  readonly #failures: (typeof FAILURES)[number];

  constructor(
    private readonly profile: Profile,
    private readonly choices: Choices,
    machines: Machines,
    isLogged: boolean,
  ) {
    this.database = new Database(!choices.once(4));
    const taking = machines.processes.slice(0, profile.processes);
    for (const { clock } of taking) clock.restart();
    this.scheduler = new Scheduler(
      choices,
      taking.map(({ clock }) => clock),
      isLogged,
      profile.isAboutOneRow,
    );
    this.server = new Server(machines);
    this.seesCommitted = profile.sees === "committed";
    this.#times = profile.renews ? pickTimes(choices) : { ttl: FOREVER };
    this.#everybody = (1 << profile.processes) - 1;
    this.#failures = profile.commandsFail ? choices.pick(FAILURES) : FAILURES[0]!;
    this.processes = taking.map(({ core, clock }, i) => this.#start(core, clock, i));
  }

  /** Puts the answers into the cache, into that of the replica, and into the memory of processes. */
  async warm(queries: readonly number[]): Promise<void> {
    const { l1 = ["none"] } = this.profile;
    const warmed = l1[0] === "none" ? this.processes.slice(0, 1) : this.processes;
    this.isCalm = true;
    for (const [i, { link }] of warmed.entries()) {
      link.isDirect = true;
      for (let round = 0; round < (l1[0] === "tracked" ? READS_TO_MEMORY : 1); round++) {
        for (const query of queries) await this.readAtRest(i, query, l1[0]!, false);
      }
    }
    await settled();
    for (const { link } of warmed) link.isDirect = false;
    this.isCalm = false;
    this.server.replicate();
  }

  async read(process: number, query: number, l1: L1Kind): Promise<void> {
    const { database } = this;
    const before = this.violations.length;
    this.#fallDue(process);
    const isTracked = l1 === "tracked";
    const seer = isTracked ? process + MEMORY_OF : process;
    const acknowledged = database.required(query, seer);
    const required = database.allRequired(seer);
    const committed = database.clock;
    const { data, info } = await this.processes[process]!.cache.read(this.#plan(process, query, l1));
    if (info.status === "hit" || info.status === "stale") this.hits++;
    if (info.status === "stale") this.staleHits++;
    if (info.tier === "l1") this.l1Hits++;
    const mustSeeCommitted = this.seesCommitted && !isTracked;
    const oldest = mustSeeCommitted ? committed : acknowledged;
    const answers = database.answers[query]!;
    this.scheduler.log?.push(`   P${process} ${info.status} (${info.tier}) of ${QUERIES[query]!.key}: ${data}`);
    for (let clock = oldest; clock < answers.length; clock++) if (answers[clock] === data) return;
    // Something of others may be missing without which its process' own writes do not show.
    if (!mustSeeCommitted && database.couldAnswer(query, data, required)) return;
    if (before === this.violations.length) {
      this.violations.push(
        `P${process}: ${info.status} of ${QUERIES[query]!.key} is ${data}, older than ${answers[oldest]} of commit ${oldest}`,
      );
    }
  }

  /** One row, and a statement that commits by itself. */
  async write(process: number, statement: Statement, end: End): Promise<void> {
    let committed = 0;
    const answer = this.profile.refills ? answeredBy(statement) : null;
    const plan: WritePlan<Row> = {
      effects: effectsOf(statement, this.profile.patches),
      learn: (row) => learntOf(statement, row),
      outcomeOf: (error) => (error === LOST ? "ambiguous" : "rolled-back"),
      run: async () => {
        const row = await this.#execute(process, statement, end);
        committed = row.version;
        return row;
      },
      ...(answer && {
        refill: {
          tags: answer.tags,
          policy: this.#policy(this.profile.l1?.[0] ?? "none"),
          keys: this.profile.waitsForRows ? [QUERIES[answer.query]!.key] : [],
          answered: (row) => [
            {
              plan: this.#plan(process, answer.query, this.profile.l1?.[0] ?? "none"),
              value: spellRow(statement, row),
            },
          ],
          ...(this.profile.patches && {
            patches: [
              {
                plan: this.#plan(process, KIND_QUERY, this.profile.l1?.[0] ?? "none"),
                apply: (before: unknown, row: Row) => patched(statement, before, row),
              },
            ],
          }),
        },
      }),
    };
    try {
      await this.processes[process]!.cache.write(plan);
      this.#acknowledge(process, [committed]);
    } catch (error) {
      this.#expect(error);
    }
  }

  /**
   * Bumps of several rows in one commit; as many of them as `learnt` told which rows they touched, when the commit was
   * done, or before, where the statements had run.
   */
  async transact(
    process: number,
    ids: readonly Id[],
    learnt: number,
    when: "before" | "after",
    commits: boolean,
  ): Promise<void> {
    const { database } = this;
    const fence = this.processes[process]!.cache.fence();
    const statements = ids.map((id) => ({ kind: "bump" as const, id }));
    for (const statement of statements) fence.add(effectsOf(statement, this.profile.patches));
    const learn = (rows: readonly Pick<Row, "name">[]) => {
      for (const [i, row] of rows.entries()) if (i < learnt) fence.learn(learntOf(statements[i]!, row));
    };
    const names = ids.map((id) => database.nameOf(id));
    if (when === "before") learn(names.map((name) => ({ name })));
    try {
      await fence.lock();
      if (!commits) return await fence.settle("rolled-back");
      // Who has seen a row has locked it, or cannot commit when it is another one by then.
      const isAsSeen = () => when === "after" || ids.every((id, i) => database.nameOf(id) === names[i]);
      const rows = await this.#commit(process, statements, isAsSeen);
      if (when === "after") learn(rows);
      await fence.settle("committed");
      this.#acknowledge(
        process,
        rows.map(({ version }) => version),
      );
    } catch (error) {
      await fence.settle("rolled-back");
      this.#expect(error);
    }
  }

  /** Nobody writes any more. The answer must be the database's own; `isKept`: and come from the cache. */
  async readAtRest(process: number, query: number, l1: L1Kind, isKept: boolean): Promise<void> {
    const { data, info } = await this.processes[process]!.cache.read(this.#plan(process, query, l1));
    this.#checkAtRest(process, query, info, data);
    // What is loaded anew in the background.
    if (this.profile.renews) await settled();
    const isInMemory = l1 !== "validated" || info.tier === "l1";
    if (isKept && !this.#mayExpire(info) && (info.status !== "hit" || !isInMemory)) {
      this.#isNotKept(process, query, `${info.status} of ${info.tier}, ${info.reason}`);
    }
  }

  /** Likewise, from the memory of the process and without asking anybody. */
  readMemoryAtRest(process: number, query: number): void {
    const data = this.processes[process]!.cache.readNow(this.#plan(process, query, "tracked"));
    if (data === undefined) {
      if (!this.profile.renews) this.#isNotKept(process, query, "not in memory");
    } else this.#checkAtRest(process, query, { status: "hit", tier: "l1" }, data);
  }

  /** Where results expire, and the clocks of processes differ, what one has just stored may be old by that of another. */
  #mayExpire({ status, reason }: Pick<ReadInfo, "status" | "reason">): boolean {
    return this.profile.renews === true && (status === "hit" || status === "stale" || reason === "expired");
  }

  #checkAtRest(
    process: number,
    query: number,
    { status, tier }: Pick<ReadInfo, "status" | "tier">,
    data: string | null,
  ): void {
    const truth = this.database.answer(query);
    if (data === truth) return;
    this.violations.push(
      `at rest, P${process}: ${status} (${tier}) of ${QUERIES[query]!.key} is ${data}, not ${truth}`,
    );
  }

  #isNotKept(process: number, query: number, what: string): void {
    this.violations.push(`at rest, P${process}: ${QUERIES[query]!.key} is not cached: ${what}`);
  }

  #start(core: Core, clock: Clock, i: number): Process {
    const { consistency, onUnreachable, awaitRelease, verify, commandsFail, l1 } = this.profile;
    const lateness = l1 ? this.choices.pick(LATENESS) : 0;
    const fate = (command: string) => this.#fate(command);
    const link = new Link(i, core, this.server, this.scheduler, AMBIGUOUS_LEASE, fate, clock, lateness);
    const cache = new core.Cache({
      openStore: () => link,
      consistency,
      onUnreachable,
      awaitRelease,
      verify,
      deadline: commandsFail ? 50 : FOREVER,
      writeDeadline: commandsFail ? WRITE_DEADLINE : FOREVER,
      lease: LEASE,
      ambiguousLease: AMBIGUOUS_LEASE,
      longestTtl: FOREVER,
      everything: this.profile.patches ? [...EVERYTHING, ...KIND_TAGS] : EVERYTHING,
      ...(l1 && {
        l1: {
          maxEntries: this.choices.pick([16, 2]),
          maxBytes: 1 << 20,
          leastStaleness: l1.includes("tracked") ? MAX_STALENESS : null,
        },
      }),
      monotonicNow: () => clock.now,
      now: () => FOREVER + clock.now,
      random: () => 0.5,
    });
    const process: Process = { cache, clock, link, owes: 0, hasGivenUp: false, untold: [], due: [] };
    cache.on((event) => {
      if (event.type === "verify" && event.outcome === "violation" && this.seesCommitted) {
        this.violations.push(`P${i}: a comparison showed that ${event.key} was wrong`);
      }
      if (event.type === "breaker") process.hasGivenUp = event.state === "open";
      // Who stood still for long may take the store for away, and then commits without a lock.
      if (event.type === "quarantine" && event.outcome === "refused" && !commandsFail) this.seesCommitted = false;
      if (event.type !== "recovery") return;
      process.owes = event.pending;
      // A release that nobody waited for may still be under way.
      if (event.pending > 0 || awaitRelease === false) return;
      for (const commit of process.untold.splice(0)) this.#mustSee(i, commit, this.#everybody);
    });
    return process;
  }

  #plan(process: number, query: number, l1: L1Kind): ReadPlan<string | null> {
    const { key, tags, absentTags, narrowing } = QUERIES[query]!;
    return {
      source: { model: MODEL, operation: "find" },
      key,
      identity: null,
      fingerprint: "1",
      tags,
      absentTags,
      policy: this.#policy(l1),
      codec,
      load: async () => (await this.#load(process, query)).value,
      ...(narrowing && { loadNarrow: () => this.#load(process, query) }),
    };
  }

  #policy(l1: L1Kind): Policy {
    return { ...this.#times, jitter: 0, maxEntryBytes: 1 << 20, l1: l1Policy(l1) };
  }

  async #load(process: number, query: number): Promise<Answer> {
    if (this.isCalm) return this.#answer(query);
    await new Promise<void>((resolve) => this.scheduler.soon(process, "asks the database", resolve));
    const answer = this.#answer(query);
    await this.scheduler.pause(process, "gets the answer of the database");
    return answer;
  }

  #answer(query: number): Answer {
    return { value: this.database.answer(query), narrowing: this.database.narrowing(query) ?? null };
  }

  async #execute(process: number, statement: Statement, end: End): Promise<Row> {
    const { scheduler, database } = this;
    switch (end) {
      case "commits":
        return (await this.#commit(process, [statement]))[0]!;
      case "lost, but committed":
        await this.#commit(process, [statement]);
        throw LOST;
      case "lost, and commits later":
        await scheduler.pause(process, "loses the connection to the database");
        this.commitsToCome++;
        scheduler.muchLater(NETWORK, "the lost statement commits", () => {
          this.commitsToCome--;
          if (database.accepts(statement)) this.#hasCommitted(process, database.commit(statement));
        });
        throw LOST;
      case "fails":
      case "lost":
        await scheduler.pause(process, "loses the statement");
        throw end === "lost" ? LOST : FAILED;
      default:
        return end satisfies never;
    }
  }

  /** The database commits what it was sent, whether or not somebody still waits for that. */
  #commit(process: number, statements: readonly Statement[], may = () => true): Promise<readonly Row[]> {
    const { scheduler, database } = this;
    this.commitsToCome++;
    return new Promise((resolve, reject) => {
      scheduler.later(NETWORK, `P${process} commits`, () => {
        this.commitsToCome--;
        if (!may() || !statements.every((statement) => database.accepts(statement))) {
          return scheduler.soon(process, "is told that nothing was found", () => reject(FAILED));
        }
        const rows = statements.map((statement) => database.commit(statement));
        for (const row of rows) this.#hasCommitted(process, row);
        return scheduler.later(process, "is told of the commit", () => resolve(rows));
      });
    });
  }

  /** A result in memory is at least as new as what was committed behind a lock that its process was told of. */
  #hasCommitted(i: number, { version }: Row): void {
    if (!this.seesCommitted) return;
    for (const reader of this.processes.keys()) this.#remember(i, version, reader);
  }

  /** From now on the writer's process must see it, and all others as soon as the store was told. */
  #acknowledge(i: number, commits: readonly number[]): void {
    const process = this.processes[i]!;
    for (const clock of commits) {
      this.scheduler.log?.push(`   P${i} has acknowledged commit ${clock}`);
      const isTold = process.owes === 0 && this.profile.awaitRelease !== false;
      if (!isTold) process.untold.push(clock);
      this.#mustSee(i, clock, isTold ? this.#everybody : 1 << i);
    }
  }

  #mustSee(writer: number, commit: number, readers: number): void {
    this.database.require(commit, readers);
    for (const reader of this.processes.keys()) if ((readers >> reader) & 1) this.#remember(writer, commit, reader);
  }

  /** At once where it is the reader's own, else when the message has come, or its time is over. */
  #remember(writer: number, commit: number, reader: number): void {
    if (!this.profile.l1?.includes("tracked")) return;
    if (reader === writer) return this.database.require(commit, 1 << (reader + MEMORY_OF));
    const { due, clock } = this.processes[reader]!;
    due.push({ commit, messages: this.server.published, by: clock.now + MAX_STALENESS });
  }

  #fallDue(i: number): void {
    const { due, clock, link } = this.processes[i]!;
    for (const [place, { commit, messages, by }] of [...due.entries()].toReversed()) {
      if (clock.now < by && link.channel?.hasTold(messages) === false) continue;
      this.database.require(commit, 1 << (i + MEMORY_OF));
      due.splice(place, 1);
    }
  }

  #expect(error: unknown): void {
    if (error === FAILED || error === LOST) return;
    if (error instanceof Error && "code" in error && error.code === "STORE_UNAVAILABLE") return;
    throw error;
  }

  #fate(command: string): Fate {
    if (this.isCalm) return "works";
    if (command === "replica") return this.choices.once(8) ? "refused" : "works";
    if (!this.profile.commandsFail) return "works";
    const drawn = this.choices.below(32);
    // What serves reads fails less often, or there would be nothing to serve that could be old.
    if (command === "lookup" || command === "mint") return drawn > 29 ? "refused" : "works";
    const { share, fates } = this.#failures;
    return drawn < 32 - share ? "works" : fates[drawn % fates.length]!;
  }
}
