import { isDeepStrictEqual } from "node:util";
import type { Cache, WritePlan } from "../../src/cache.js";
import type { Effects, Learnt } from "../../src/write-fence.js";
import { ANY, LOOKUP, named, QUERIES, readPlan, row, type Query } from "./plans.js";
import { ToyDatabase, type Row } from "./toy-database.js";

export const IDS = [1, 2] as const;
export const NAMES = ["name-1", "name-2", "other"] as const;

/** What one step of an actor does. */
export type Step =
  | { readonly kind: "read"; readonly query: Query }
  | { readonly kind: "bump"; readonly id: number; readonly end: "commits" | "fails" | "lost" | "lost, but commits" }
  | { readonly kind: "rename"; readonly id: number; readonly name: string }
  | { readonly kind: "delete"; readonly id: number }
  /** Statements of which the first `learnt` told which rows they touched; one fence for all of them. */
  | {
      readonly kind: "transaction";
      readonly ids: readonly number[];
      readonly learnt: number;
      readonly commits: boolean;
    };

const FAILED = new Error("the statement failed");
const LOST = new Error("connection lost");

/** A database on which actors work through caches. Each read is checked against what the database has been. */
export class World {
  readonly database = new ToyDatabase();
  /** The commits whose writers know of them. */
  readonly #acknowledged = new Set<number>();
  /** Commits that come although their writer gave up waiting. */
  readonly #late: Promise<unknown>[] = [];

  /** `seen`: which writes a read that begins now must see. */
  constructor(
    private readonly pause: () => Promise<void>,
    private readonly seen: "committed" | "acknowledged",
  ) {
    this.database.bump(1);
  }

  async act(cache: Cache, step: Step): Promise<void> {
    switch (step.kind) {
      case "read":
        return this.read(cache, step.query);
      case "transaction":
        return this.#transaction(cache, step);
      default:
        return this.#write(cache, step);
    }
  }

  /** @throws Error if the answer is older than it may be */
  async read(cache: Cache, query: Query): Promise<void> {
    const oldest = this.seen === "committed" ? this.database.clock : this.#oldest(query);
    const { data, info } = await cache.read(
      readPlan(query, async () => {
        await this.pause();
        const answer = query.answer(this.database.now);
        // Long enough for whole writes to come and go.
        for (let i = 0; i < 3; i++) await this.pause();
        return answer;
      }),
    );
    for (let clock = oldest; clock <= this.database.clock; clock++) {
      if (isDeepStrictEqual(data, query.answer(this.database.at(clock)))) return;
    }
    const wanted = JSON.stringify(query.answer(this.database.at(oldest)));
    throw new Error(`${info.status} of ${query.key}: ${JSON.stringify(data)} is older than ${wanted}`);
  }

  /** Nobody writes any more: asks everything, twice, and each answer must be the database's own. */
  async rest(caches: readonly Cache[]): Promise<void> {
    await Promise.all(this.#late);
    for (let clock = 1; clock <= this.database.clock; clock++) this.#acknowledged.add(clock);
    const queries = [...IDS.map(QUERIES.byId), ...NAMES.map(QUERIES.byName), QUERIES.list()];
    for (const query of [...queries, ...queries]) for (const cache of caches) await this.read(cache, query);
  }

  /** A commit that nobody was told of need not be seen: only the last acknowledged one that changed the answer. */
  #oldest(query: Query): number {
    const answerAt = (clock: number) => query.answer(this.database.at(clock));
    for (let clock = this.database.clock; clock > 0; clock--) {
      if (this.#acknowledged.has(clock) && !isDeepStrictEqual(answerAt(clock), answerAt(clock - 1))) return clock;
    }
    return 0;
  }

  async #write(cache: Cache, step: Exclude<Step, { kind: "read" | "transaction" }>): Promise<void> {
    let committed = 0;
    const { id } = step;
    const plan: WritePlan<Row> = {
      ...statement(step),
      run: async () => {
        await this.pause();
        const before = this.database.now.get(id) ?? null;
        const commit = () => {
          const after = this.#apply(step, before);
          committed = this.database.clock;
          return after;
        };
        if (step.kind === "bump" && step.end !== "commits") {
          if (step.end === "fails") throw FAILED;
          if (step.end === "lost, but commits") this.#late.push(this.pause().then(() => this.database.bump(id)));
          throw LOST;
        }
        if (!before && step.kind !== "bump") throw FAILED;
        const after = commit() ?? before!;
        await this.pause();
        return after;
      },
      outcomeOf: (error) => (error === LOST ? "ambiguous" : "rolled-back"),
    };
    try {
      await cache.write(plan);
      this.#acknowledged.add(committed);
    } catch (error) {
      if (error !== FAILED && error !== LOST) throw error;
    }
  }

  #apply(step: Step, before: Row | null): Row | null {
    switch (step.kind) {
      case "bump":
        return this.database.bump(step.id);
      case "rename":
        return this.database.commit(step.id, () => ({ name: step.name, version: before!.version + 1 }));
      case "delete":
        return this.database.commit(step.id, () => null);
      default:
        throw new TypeError(`${step.kind} is no statement`);
    }
  }

  async #transaction(cache: Cache, { ids, learnt, commits }: Step & { kind: "transaction" }): Promise<void> {
    const fence = cache.fence();
    for (const id of ids) fence.add({ changed: [ANY, row(id)], fenced: [LOOKUP] });
    await this.pause();
    await fence.lock();
    await this.pause();
    if (!commits) return fence.settle("rolled-back");
    const first = this.database.clock + 1;
    const rows = ids.map((id) => this.database.bump(id));
    const last = this.database.clock;
    await this.pause();
    for (const each of rows.slice(0, learnt)) fence.learn(told(each));
    await fence.settle("committed");
    for (let clock = first; clock <= last; clock++) this.#acknowledged.add(clock);
  }
}

/** What a front end knows of a statement before it has run, and what it makes of the row that it returns. */
function statement(step: Exclude<Step, { kind: "read" | "transaction" }>): {
  effects: Effects;
  learn: (returned: Row) => Learnt;
} {
  const changed = [ANY, row(step.id)];
  if (step.kind !== "rename") return { effects: { changed, fenced: [LOOKUP] }, learn: told };
  // The name that the row had before is not told by the row that comes back: the fence must fall.
  const learn = () => ({ changed: [], unchanged: [] });
  return { effects: { changed: [...changed, named(step.name)], fenced: [LOOKUP] }, learn };
}

function told(returned: Row): Learnt {
  return { changed: [named(returned.name)], unchanged: [LOOKUP] };
}
