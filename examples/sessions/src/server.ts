import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "./app.js";
import { createDatabase } from "./database.js";
import { createPrisma, withCache } from "./prisma.js";
import type { FromServer } from "./server-messages.js";

const env = process.env;
const DAY_MS = 86_400_000;
const databaseUrl = env["DATABASE_URL"] ?? "file:sessions.db";
if (!existsSync(databaseUrl.replace(/^file:/, ""))) await createDatabase(databaseUrl);

const plain = createPrisma(databaseUrl);
let queries = 0;
plain.$on("query", () => queries++);
const prisma = withCache(plain, {
  redisUrl: env["REDIS_URL"],
  namespace: env["CACHE_NAMESPACE"] ?? "sessions",
  cacheKey: env["CACHE_KEY"] ?? onlyHere("CACHE_KEY"),
});
const secret = env["SESSION_SECRET"] ?? onlyHere("SESSION_SECRET");
const { app, store } = createApp(prisma, { secret, lifetime: 7 * DAY_MS });

const server: Server = app.listen(Number(env["PORT"] ?? 3000), "127.0.0.1", (error) => {
  if (error) throw error;
  const { port } = server.address() as AddressInfo;
  if (process.send) tell({ type: "listening", port });
  else console.log(`POST http://127.0.0.1:${port}/login { "name": "ada", "password": "lovelace" }`);
});
setInterval(() => void store.deleteExpired().catch(console.error), DAY_MS / 24).unref();

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  server.close(() => {
    prisma.$disconnect().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  server.closeIdleConnections();
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);

// Started by the smoke test: its channel asks for counts, and its end is ours.
if (process.send) {
  process.on("disconnect", stop);
  process.on("message", () => tell({ type: "report", queries, reads: readsSoFar() }));
}

function tell(message: FromServer): void {
  process.send?.(message);
}

function readsSoFar(): number {
  const { hit, miss, bypass } = prisma.$cache.stats().reads;
  return hit + miss + bypass;
}

/** Fit for one process, until it ends. */
function onlyHere(name: string): string {
  if (env["REDIS_URL"])
    throw new Error(`${name} is not set: write 32 random bytes in base64, the same in all processes.`);
  return randomBytes(32).toString("base64");
}
