import { cacheExtension } from "@evercache/prisma";
import { cacheMetrics } from "@evercache/prometheus";
import { Registry } from "prom-client";
import { openDatabase } from "../database.js";
import { inParallel, numbers } from "../in-parallel.js";
import type { Query } from "../queries.js";
import { ofClient, TTL_SECONDS, type Subject } from "../subjects/subject.js";
import { OBSERVERS, type Observer } from "../scenario-names.js";
import { Throughput } from "./throughput.js";

export interface ObserversJob {
  readonly reads: number;
  readonly inFlight: number;
  /** Of each observer, one after the other, so often. */
  readonly turns: number;
  /** Milliseconds of a turn. */
  readonly turn: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/**
 * Reads per second of rows that are tracked in process memory, of each turn. All in one process and in turns of milliseconds: what
 * is looked for is less than processes differ by.
 */
export async function observers(job: ObserversJob): Promise<Record<Observer, number[]>> {
  const { reads, inFlight, turns, turn, databaseUrl, redisUrl } = job;
  const database = openDatabase(databaseUrl);
  const queries = [...numbers(1, reads)].map(smallRow);
  const measured = await Promise.all(
    OBSERVERS.map(async (name) => {
      const subject = observed(name, database.prisma, redisUrl);
      await inParallel(queries, 16, subject.read);
      let next = 0;
      const throughput = new Throughput(() => subject.read(queries[next++ % reads]!));
      await throughput.measure(inFlight, 20 * turn);
      return { name, subject, throughput, perSecond: [] as number[] };
    }),
  );
  for (let n = 0; n < turns; n++) {
    // Each is the first as often as the others.
    for (let i = 0; i < measured.length; i++) {
      const { throughput, perSecond } = measured[(n + i) % measured.length]!;
      perSecond.push((await throughput.measure(inFlight, turn)).perSecond);
    }
  }
  for (const { subject } of measured) await subject.close();
  await database.close();
  return Object.fromEntries(measured.map(({ name, perSecond }) => [name, perSecond])) as Record<Observer, number[]>;
}

/** As little as a read can bring: what is looked for is not to be lost in the copying of columns. */
function smallRow(id: number): Query {
  const args = () => ({ where: { id }, select: { id: true, sku: true } });
  return { key: `small:${id}`, run: (client) => client.product.findUnique(args()) };
}

function observed(name: Observer, plain: ReturnType<typeof openDatabase>["prisma"], redisUrl: string): Subject {
  const defaults = { ttl: TTL_SECONDS, l1: true } as const;
  const namespace = `observed-by-${name.replaceAll(/\W/g, "-")}`;
  const cached = plain.$extends(cacheExtension({ redis: redisUrl, namespace, defaults }));
  const end = observe(name, cached.$cache);
  const close = async () => {
    end();
    await cached.$cache.disconnect();
  };
  return ofClient(cached, { close });
}

type Cache = Parameters<typeof cacheMetrics>[0];

function observe(name: Observer, cache: Cache): () => void {
  switch (name) {
    case "nobody":
      return () => {};
    case "a listener": {
      const counts = { hit: 0, other: 0 };
      return cache.on("event", ({ type }) => {
        counts[type === "hit" ? type : "other"]++;
      });
    }
    case "Prometheus": {
      const metrics = cacheMetrics(cache, { register: new Registry(), namespace: "bench" });
      return () => metrics.end();
    }
    default:
      return name satisfies never;
  }
}
