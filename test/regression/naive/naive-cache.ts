import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import type { PrismaClient } from "../../setup/generated/postgresql/client.js";
import type { MakeSubject } from "../support/subject.js";
import { json, type NaiveCodec } from "./codecs.js";
import { byReferenceSet, type Invalidation } from "./invalidation.js";
import { byJson, type NaiveKey } from "./keys.js";

/**
 * A cache as it is written in an afternoon: a query hook that answers reads from Redis, `GET`, else load and `SET`, and
 * drops a model's entries when one of the usual writes to it has run. Each option makes it wrong in another known way;
 * the scenarios of this folder must find that out.
 */
export interface NaiveOptions {
  readonly key?: NaiveKey;
  readonly codec?: NaiveCodec;
  readonly invalidation?: Invalidation;
  /** `inTransactions`: reads inside a transaction are answered and stored like any other. */
  readonly inTransactions?: boolean;
  /** Whether a write waits for its statement before it drops, or does both at once. */
  readonly order?: "after" | "parallel";
  /** Readers of the same key at the same time wait for one load. */
  readonly coalesce?: boolean;
  /** Redis commands fail soon, in place of being retried. */
  readonly impatient?: boolean;
}

const TTL = 600;
const IMPATIENT = { maxRetriesPerRequest: 0, commandTimeout: 500 };
const READ = /^(find|count|aggregate|groupBy)/;
const DROPPING = new Set(["create", "createMany", "update", "updateMany", "delete", "deleteMany"]);

interface HookCall {
  readonly model?: string;
  readonly operation: string;
  readonly args: unknown;
  readonly query: (args: unknown) => Promise<unknown>;
  readonly __internalParams: { readonly transaction?: object };
}

/** What the last query found: one variable for all of them. */
export interface NaiveStatus {
  status: "hit" | "miss" | null;
}

export function naive(options: NaiveOptions = {}, shared: NaiveStatus = { status: null }): MakeSubject {
  const { key = byJson, codec = json, invalidation = byReferenceSet(), order = "after" } = options;
  return (plain, { redisUrl, namespace }) => {
    const redis = options.impatient ? new Redis(redisUrl, IMPATIENT) : new Redis(redisUrl);
    redis.on("error", () => {});
    onTestFinished(() => redis.disconnect());
    const flights = new Map<string, Promise<unknown>>();

    const read = async (model: string, call: HookCall): Promise<unknown> => {
      const name = `${await invalidation.prefix(redis, `${namespace}:${model}`)}:${key(model, call.operation, call.args)}`;
      const cached = await redis.get(name);
      shared.status = cached === null ? "miss" : "hit";
      if (cached !== null) return codec.decode(cached);
      const load = async (): Promise<unknown> => {
        const value = await call.query(call.args);
        const text = codec.encode(value);
        if (text === null) return value;
        await redis.set(name, text, "EX", TTL);
        await invalidation.remember(redis, `${namespace}:${model}`, name);
        return value;
      };
      if (!options.coalesce) return load();
      const flight = flights.get(name) ?? load().finally(() => flights.delete(name));
      flights.set(name, flight);
      return flight;
    };

    const write = async (model: string, call: HookCall): Promise<unknown> => {
      const drop = () => invalidation.drop(redis, `${namespace}:${model}`);
      if (!DROPPING.has(call.operation)) return call.query(call.args);
      if (order === "parallel") return (await Promise.all([call.query(call.args), drop()]))[0];
      const result = await call.query(call.args);
      await drop();
      return result;
    };

    const cached = plain.$extends({
      query: {
        $allOperations: (call: HookCall) => {
          const { model, operation } = call;
          if (model === undefined) return call.query(call.args);
          if (!READ.test(operation)) return write(model, call);
          const isPast = call.__internalParams.transaction !== undefined && !options.inTransactions;
          return isPast ? call.query(call.args) : read(model, call);
        },
      },
    } as never);
    return { prisma: cached as unknown as PrismaClient, settled: async () => {} };
  };
}
