import { connectClient } from "../../../test/setup/connect.js";
import type { TestDatabase } from "../../../test/setup/databases.js";
import { ROWS, withCache } from "../workbench.js";

/** What a reader is started with. */
export interface Job {
  readonly database: Pick<TestDatabase, "provider" | "url">;
  readonly redis: string;
  /** Reads of other rows that are under way all the time. */
  readonly others: number;
}

/** What a reader tells of each value of row 1 that it comes to see. Times in milliseconds of `clock`. */
export interface Sight {
  readonly name: string;
  /** When the last read began that saw the value before. */
  readonly lastOld: number;
  /** Whether that read was answered from memory. */
  readonly wasInMemory: boolean;
}

/** A clock that all processes of a machine share. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

process.once("message", (job: Job) => void read(job));

async function read({ database, redis, others }: Job): Promise<void> {
  const { prisma } = await connectClient(database as TestDatabase);
  const cached = withCache(prisma, redis, { defaults: { ttl: "1h", l1: true } });
  for (let i = 0; i < others; i++) void readOthers(cached);
  let known = "";
  let last = { began: 0, isInMemory: false };
  for (;;) {
    const began = clock();
    const { data, info } = await cached.user.findUnique({ where: { id: 1 } }).withCacheInfo();
    const name = data?.name ?? "";
    if (name !== known) {
      process.send?.({ name, lastOld: last.began, wasInMemory: last.isInMemory } satisfies Sight);
      known = name;
    }
    last = { began, isInMemory: info.tier === "l1" };
    await new Promise(setImmediate);
  }
}

async function readOthers(cached: ReturnType<typeof withCache>): Promise<void> {
  for (;;) {
    await cached.user.findUnique({ where: { id: 2 + Math.floor(Math.random() * (ROWS - 1)) } });
    await new Promise(setImmediate);
  }
}
