// Says what is told where ioredis is not installed: a warning, and why the store is unavailable.
import { once } from "node:events";
import { cacheExtension, type EvercacheError } from "@evercache/prisma";
import { createRedisStore } from "@evercache/redis";

const warned = once(process, "warning") as Promise<[NodeJS.ErrnoException]>;
cacheExtension({ redis: "redis://127.0.0.1:1" });
const [warning] = await warned;

const store = createRedisStore({ redis: { port: 1 }, namespace: "consumer" });
const error = await new Promise<EvercacheError>((resolve) => {
  store.onStatus((_, reason) => resolve(reason as EvercacheError));
});
await store.close();
console.log(JSON.stringify({ warning: warning.code, says: warning.message, error: error.code, name: error.name }));
