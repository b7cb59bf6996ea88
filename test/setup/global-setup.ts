import type { TestProject } from "vitest/node";
import { connectClient } from "./connect.js";
import { type Addresses, CHECKPOINT, seedTemplates, startDatabases, type TestDatabase } from "./databases.js";
import { generateClients } from "./generate.js";
import { type RedisServer, startRedis } from "./redis.js";
import { seedShop } from "./shop-rows.js";

declare module "vitest" {
  export interface ProvidedContext {
    databases: Addresses;
    redisUrl: string;
  }
}

/** Once per test run: the generated clients, one server of each database, one Redis. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(stops.map((each) => each()));
  };
  const clients = generateClients();
  const outcomes = await Promise.allSettled([
    clients,
    startDatabases({ withoutMysql: process.env["CI"] ? "fail" : "proceed" }).then(
      async ({ addresses, stop: stopAll }) => {
        stops.push(stopAll);
        if (addresses.mysql === null) console.error(WITHOUT_MYSQL);
        await clients;
        await seedTemplates(addresses, seed);
        project.provide("databases", addresses);
      },
    ),
    sharedRedis().then((redis) => {
      if ("stop" in redis) stops.push(() => redis.stop());
      project.provide("redisUrl", redis.url);
    }),
  ]);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure) {
    // What did start would keep this process alive.
    await stop();
    throw failure.reason;
  }
  return stop;
}

async function seed(database: TestDatabase): Promise<void> {
  const { prisma, close } = await connectClient(database);
  try {
    await seedShop(prisma);
    if (database.provider !== "sqlite") return;
    const [outcome] = await prisma.$queryRawUnsafe<[{ readonly busy: bigint }]>(CHECKPOINT);
    if (outcome.busy !== 0n) throw new Error("the rows of the SQLite template are not in its file");
  } finally {
    await close();
  }
}

const WITHOUT_MYSQL = `
!! NOT TESTED: MySQL and MariaDB. No mariadbd or mysqld on PATH, and no Docker.
!! Install one of them. With CI set, this is an error.
`;

async function sharedRedis(): Promise<RedisServer | { url: string }> {
  const url = process.env["REDIS_URL"];
  return url ? { url } : startRedis();
}
