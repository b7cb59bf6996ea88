import type { Cache, WritePlan } from "../../src/cache.js";
import type { Codec } from "../../src/codec/codec.js";
import type { Narrowing } from "../../src/narrowing.js";
import type { ReadPlan } from "../../src/read-through.js";
import type { Choices } from "./choices.js";
import {
  Database,
  effectsOf,
  EVERYTHING,
  learntOf,
  MODEL,
  QUERIES,
  type Id,
  type Row,
  type Statement,
} from "./database.js";
import { Link, type Fate } from "./link.js";
import type { Core } from "./load-core.js";
import type { Profile } from "./profiles.js";
import { NETWORK, Scheduler, settled, type Clock } from "./scheduler.js";
import { Server } from "./server.js";

export const LEASE = 1000;
export const AMBIGUOUS_LEASE = 4000;
export const WRITE_DEADLINE = 200;
const FOREVER = 1e12;

/** How a statement ends. `lost`: its connection is, and it never commits, or did, or will. */
export type End = "commits" | "fails" | "lost" | "lost, but committed" | "lost, and commits later";

/** The programs that take part: a server, and processes with a clock each. Loaded once, for any number of worlds. */
export interface Machines {
  readonly server: Core;
  readonly processes: readonly { readonly core: Core; readonly clock: Clock }[];
  readonly hasEpoch: boolean;
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
  readonly violations: string[] = [];
  readonly #everybody: number;
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
    );
    this.server = new Server(machines.server, machines.hasEpoch);
    this.seesCommitted = profile.sees === "committed";
    this.#everybody = (1 << profile.processes) - 1;
    this.#failures = profile.commandsFail ? choices.pick(FAILURES) : FAILURES[0]!;
    this.processes = taking.map(({ core, clock }, i) => this.#start(core, clock, i));
  }

  /** Puts the answers into the cache, and into that of the replica. */
  async warm(queries: readonly number[]): Promise<void> {
    const { link } = this.processes[0]!;
    link.isDirect = this.isCalm = true;
    for (const query of queries) await this.readAtRest(0, query, false);
    await settled();
    link.isDirect = this.isCalm = false;
    this.server.replicate();
  }

  async read(process: number, query: number): Promise<void> {
    const { database } = this;
    const before = this.violations.length;
    const acknowledged = database.required(query, process);
    const committed = database.clock;
    const { data, info } = await this.processes[process]!.cache.read(this.#plan(process, query));
    if (info.status === "hit") this.hits++;
    const oldest = this.seesCommitted ? committed : acknowledged;
    const answers = database.answers[query]!;
    this.scheduler.log?.push(`   P${process} ${info.status} of ${QUERIES[query]!.key}: ${data}`);
    for (let clock = oldest; clock < answers.length; clock++) if (answers[clock] === data) return;
    if (before === this.violations.length) {
      this.violations.push(
        `P${process}: ${info.status} of ${QUERIES[query]!.key} is ${data}, older than ${answers[oldest]} of commit ${oldest}`,
      );
    }
  }

  /** One row, and a statement that commits by itself. */
  async write(process: number, statement: Statement, end: End): Promise<void> {
    let committed = 0;
    const plan: WritePlan<Row> = {
      effects: effectsOf(statement),
      learn: (row) => learntOf(statement, row),
      outcomeOf: (error) => (error === LOST ? "ambiguous" : "rolled-back"),
      run: async () => {
        const row = await this.#execute(process, statement, end);
        committed = row.version;
        return row;
      },
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
    for (const statement of statements) fence.add(effectsOf(statement));
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

  /** Nobody writes any more. The answer must be the database's own; `kept`: and come from the cache. */
  async readAtRest(process: number, query: number, kept: boolean): Promise<void> {
    const { data, info } = await this.processes[process]!.cache.read(this.#plan(process, query));
    const { key } = QUERIES[query]!;
    const truth = this.database.answer(query);
    if (data !== truth) this.violations.push(`at rest, P${process}: ${info.status} of ${key} is ${data}, not ${truth}`);
    if (kept && info.status !== "hit") {
      this.violations.push(`at rest, P${process}: ${key} is not cached: ${info.status}, ${info.reason}`);
    }
  }

  #start(core: Core, clock: Clock, i: number): Process {
    const link = new Link(i, core, this.server, this.scheduler, AMBIGUOUS_LEASE, (command) => this.#fate(command));
    const { consistency, onUnreachable, awaitRelease, verify, commandsFail } = this.profile;
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
      everything: EVERYTHING,
      now: () => FOREVER + clock.now,
      random: () => 0.5,
    });
    const process: Process = { cache, clock, link, owes: 0, hasGivenUp: false, untold: [] };
    cache.on((event) => {
      if (event.type === "verify" && event.outcome === "violation" && this.seesCommitted) {
        this.violations.push(`P${i}: a comparison showed that ${event.key} was wrong`);
      }
      if (event.type === "breaker") process.hasGivenUp = event.state === "open";
      if (event.type !== "recovery") return;
      process.owes = event.pending;
      // A release that nobody waited for may still be under way.
      if (event.pending > 0 || !awaitRelease) return;
      for (const clockOfCommit of process.untold.splice(0)) this.database.require(clockOfCommit, this.#everybody);
    });
    return process;
  }

  #plan(process: number, query: number): ReadPlan<string | null> {
    const { key, tags, absentTags, narrowing } = QUERIES[query]!;
    return {
      source: { model: MODEL, operation: "find" },
      key,
      identity: null,
      fingerprint: "1",
      tags,
      absentTags,
      policy: { ttl: FOREVER, jitter: 0, maxEntryBytes: 1 << 20, l1: null },
      codec,
      load: async () => (await this.#load(process, query)).value,
      ...(narrowing && { loadNarrow: () => this.#load(process, query) }),
    };
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
          if (database.accepts(statement)) database.commit(statement);
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
        return scheduler.later(process, "is told of the commit", () => resolve(rows));
      });
    });
  }

  /** From now on the writer's process must see it, and all others as soon as the store was told. */
  #acknowledge(i: number, commits: readonly number[]): void {
    const process = this.processes[i]!;
    for (const clock of commits) {
      this.scheduler.log?.push(`   P${i} has acknowledged commit ${clock}`);
      const isTold = process.owes === 0 && this.profile.awaitRelease;
      if (!isTold) process.untold.push(clock);
      this.database.require(clock, isTold ? this.#everybody : 1 << i);
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
