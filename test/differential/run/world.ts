import { setImmediate } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Shape } from "../generate/shape.js";
import type { Seed } from "../generate/seeds.js";
import type { Read, Write } from "../operation.js";
import { methodOf, type AnyClient, type Clients } from "./client.js";
import { differenceOf } from "./compare.js";
import type { Database } from "./database.js";
import { Fills } from "./fills.js";
import { answerOf, errorName, informedAnswer, INVALID, perform, type Answer, type Status } from "./perform.js";

export type Side = 0 | 1;

/** What a read was answered by everyone. */
export interface Seen {
  readonly plain: Answer;
  /** Where the first of the cached clients had it from. */
  readonly status: Status | null;
  readonly difference: { readonly client: Side; readonly text: string } | null;
}

export interface Outcome {
  /** `null`: it was carried out. */
  readonly error: string | null;
  /** Prisma did not understand it. */
  readonly invalid: string | null;
}

function differenceIn(read: Read, given: readonly (readonly [Side, Answer])[], expected: Answer): Seen["difference"] {
  for (const [client, answer] of given) {
    const text = differenceOf(read, answer, expected);
    if (text !== null) return { client, text };
  }
  return null;
}

/**
 * Of `findUnique` calls that Prisma makes into one query, it gives the rows back by the text of their keys: a row that the
 * database found by another spelling is then given to none.
 */
function mayBeLost({ operation }: Read, answer: Answer): boolean {
  const isNothing = "error" in answer ? answer.error.endsWith(NOT_FOUND) : answer.value === null;
  return operation.startsWith("findUnique") && isNothing;
}

/** Prisma's word for `…OrThrow` that found nothing. */
const NOT_FOUND = "P2025";

/** The database, Redis and the clients of a run. */
export class World {
  readonly #redis: Redis;
  readonly #fills: readonly [Fills, Fills];
  /** Rows that Prisma lost among others that it was asked for at once. */
  lost = 0;
  /** What Prisma did not understand: mistakes of the generator, how often. */
  readonly invalid = new Map<string, number>();

  constructor(
    readonly shape: Shape,
    private readonly database: Database,
    private readonly clients: Clients,
    redis: string,
    /** An operation that is written past the cache, so that there is something to find. */
    private readonly forgets?: string,
  ) {
    this.#redis = new Redis(redis);
    this.#fills = [new Fills(clients.cached[0]), new Fills(clients.cached[1])];
  }

  /** These rows and nothing else in the database, and nothing in Redis. */
  async begin(seeds: readonly Seed[]): Promise<void> {
    await this.database.clear(this.shape);
    await this.#redis.flushall();
    // Nobody tells those who have results in memory of that.
    for (const client of this.clients.cached) await client.$cache.invalidateAll();
    const models = [...new Set(seeds.map(({ model }) => model))];
    for (const model of models) await this.#insert(model, seeds);
    await this.database.settleCounters(this.shape);
  }

  async #insert(model: string, seeds: readonly Seed[]): Promise<void> {
    const rows = seeds.filter((seed) => seed.model === model).map(({ data }) => data);
    const { plain } = this.clients;
    try {
      await methodOf(plain, model, "createMany")({ data: rows });
    } catch {
      // One of them does not fit: the others do.
      for (const data of rows)
        await this.#note(`seed ${model}`, () => methodOf(plain, model, "createMany")({ data: [data] }));
    }
  }

  async write(write: Write, via: Side): Promise<Outcome> {
    const isForgotten = write.kind === "model" && write.operation === this.forgets;
    const client: AnyClient = isForgotten ? this.clients.plain : this.clients.cached[via];
    return this.#note(write.kind === "model" ? `${write.model}.${write.operation}` : write.kind, () =>
      perform(client, write),
    );
  }

  async #note(name: string, act: () => PromiseLike<unknown>): Promise<Outcome> {
    try {
      await act();
      return { error: null, invalid: null };
    } catch (error) {
      const spelled = errorName(error);
      if (!spelled.startsWith(INVALID)) return { error: spelled, invalid: null };
      this.#countInvalid(name, (error as Error).message);
      return { error: spelled, invalid: name };
    }
  }

  #countRefused({ model, operation }: Read, { message }: Extract<Answer, { error: string }>): void {
    this.#countInvalid(`${model}.${operation}`, message);
  }

  #countInvalid(name: string, message: string): void {
    const text = `${name}: ${message.trim().split("\n").at(-1)}`;
    this.invalid.set(text, (this.invalid.get(text) ?? 0) + 1);
  }

  /** Asks everyone: the database and the cached client `first` at once, then the other one. */
  async ask(reads: readonly Read[], first: Side): Promise<Seen[]> {
    const second: Side = first === 0 ? 1 : 0;
    const { plain, cached } = this.clients;
    // What the writer's client has told the other is in its socket by now, and heard when the event loop has been there.
    for (let turns = 0; turns < 2; turns++) await setImmediate();
    const answers = await Promise.all(
      reads.map((read) => Promise.all([answerOf(plain, read), informedAnswer(cached[first], read)])),
    );
    await this.#fills[first].settled();
    const others = await Promise.all(reads.map((read) => answerOf(cached[second], read)));
    await this.#fills[second].settled();
    const seen: Seen[] = [];
    for (const [i, read] of reads.entries()) {
      const [expected, { answer, status }] = answers[i] as (typeof answers)[number];
      if ("error" in expected && !expected.error.endsWith(NOT_FOUND)) this.#countRefused(read, expected);
      const given = [
        [first, answer],
        [second, others[i] as Answer],
      ] as const;
      let difference = differenceIn(read, given, expected);
      if (difference && mayBeLost(read, expected)) {
        const alone = await answerOf(plain, read);
        difference = differenceIn(read, given, alone);
        if (!difference) this.lost++;
      }
      seen.push({ plain: expected, status, difference });
    }
    return seen;
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
    await this.clients.close();
  }
}
