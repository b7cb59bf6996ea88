import type { TestProject } from "vitest/node";
import { type Addresses, startDatabases } from "./databases.js";
import { generateClients } from "./generate.js";
import { type RedisServer, startRedis } from "./redis.js";

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
  const outcomes = await Promise.allSettled([
    startDatabases({ withoutMysql: process.env["CI"] ? "fail" : "proceed" }).then((databases) => {
      stops.push(databases.stop);
      if (databases.addresses.mysql === null) console.error(WITHOUT_MYSQL);
      project.provide("databases", databases.addresses);
    }),
    sharedRedis().then((redis) => {
      if ("stop" in redis) stops.push(() => redis.stop());
      project.provide("redisUrl", redis.url);
    }),
    generateClients(),
  ]);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure) {
    // What did start would keep this process alive.
    await stop();
    throw failure.reason;
  }
  return stop;
}

const WITHOUT_MYSQL = `
!! NOT TESTED: MySQL and MariaDB. No mariadbd or mysqld on PATH, and no Docker.
!! Install one of them. With CI set, this is an error.
`;

async function sharedRedis(): Promise<RedisServer | { url: string }> {
  const url = process.env["REDIS_URL"];
  return url ? { url } : startRedis();
}
