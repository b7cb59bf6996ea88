import { setTimeout as delay } from "node:timers/promises";
import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import { Cluster } from "ioredis";
import { PrismaClient } from "../../setup/generated/postgresql/client.js";
import { clock, type Place, type Read, type Request, type Tasks } from "./messages.js";
import { SLOW_READER } from "./slow-users.js";

// One process of an application, which reads users as it is told to by its parent, and ends with it.

function connect({ databaseUrl, redis, options }: Place) {
  const adapter = new PrismaPg({ connectionString: databaseUrl, max: 8, application_name: SLOW_READER });
  const plain = new PrismaClient({ adapter });
  const server = typeof redis === "string" ? redis : new Cluster([...redis], { lazyConnect: true });
  const cached = plain.$extends(cacheExtension({ redis: server, ...options }));
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => {
    if (event.type !== "hit" && event.type !== "stale") events.push(event);
  });
  const read = async (id: number): Promise<Read> => {
    const began = clock();
    try {
      const { data, info } = await cached.user.findUnique({ where: { id } }).withCacheInfo();
      const status = info.reason === null ? info.status : `${info.status}: ${info.reason}`;
      return { began, milliseconds: clock() - began, status, name: data?.name ?? null, error: null };
    } catch (error) {
      return { began, milliseconds: clock() - began, status: "failed", name: null, error: String(error) };
    }
  };
  const close = async () => {
    await cached.$cache.disconnect();
    if (typeof server !== "string") server.disconnect();
    await plain.$disconnect();
  };
  return { cached, events, read, close };
}

let opened: ReturnType<typeof connect> | undefined;

function ready(): ReturnType<typeof connect> {
  if (!opened) throw new Error("a reader has to be opened first");
  return opened;
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const tasks: Tasks = {
  async close() {
    await opened?.close();
    opened = undefined;
  },

  async open(place) {
    await opened?.close();
    opened = connect(place);
    // Another row: connections are made, code is compiled, and Redis knows the scripts.
    for (let turn = 0; turn < 20; turn++) await opened.read(2);
  },

  stampede: ({ id, readers }) => Promise.all(Array.from({ length: readers }, () => ready().read(id))),

  async readOn({ id, readers, milliseconds, pause }) {
    const { read, events } = ready();
    const reads: Read[] = [];
    events.length = 0;
    const until = clock() + milliseconds;
    const readAlways = async () => {
      await delay(pause * Math.random());
      while (clock() < until) {
        reads.push(await read(id));
        await delay(pause * (0.5 + Math.random()));
      }
    };
    await Promise.all(Array.from({ length: readers }, readAlways));
    return {
      milliseconds: reads.map((each) => each.milliseconds),
      statuses: countOf(reads.map(({ status }) => status)),
      errors: reads.flatMap(({ error }) => error ?? []),
      refreshes: countOf(events.flatMap((event) => (event.type === "refresh" ? event.outcome : []))),
      waits: events.flatMap((event) => (event.type === "wait" ? event.outcome : [])),
    };
  },
};

process.on("message", ({ task, input }: Request) => {
  (tasks[task] as (given: unknown) => Promise<unknown>)(input).then(
    (output) => process.send!({ output }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
