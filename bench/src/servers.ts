import { Redis } from "ioredis";
import { Client } from "pg";
import { startPostgres } from "../../test/setup/postgres.js";
import { startRedis } from "../../test/setup/redis.js";

export interface Servers {
  readonly redisUrl: string;
  readonly redis: Redis;
  readonly postgresUrl: (name: string) => string;
  /** By name, for the report. */
  readonly versions: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** Servers of one's own on free ports, which nothing else uses and which keep nothing. */
export async function startServers(): Promise<Servers> {
  const [postgres, server] = await Promise.all([startPostgres(), startRedis()]);
  const redis = new Redis(server.url);
  const info = await redis.info("server");
  return {
    redisUrl: server.url,
    redis,
    postgresUrl: (name) => postgres.url(name),
    versions: {
      redis: /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown",
      postgresql: await postgresVersion(postgres.url("postgres")),
    },
    stop: async () => {
      redis.disconnect();
      await Promise.allSettled([server.stop(), postgres.stop()]);
    },
  };
}

async function postgresVersion(url: string): Promise<string> {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
  await client.end();
  return rows[0]?.server_version ?? "unknown";
}
