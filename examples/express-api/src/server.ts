import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "./app.js";
import { metricsHandler } from "./metrics.js";
import type { FromServer, ServerReport, ToServer } from "./server-messages.js";
import { createPrisma, withCache } from "./prisma.js";

const env = process.env;
const counts = { requests: 0, queries: 0 };

const plain = createPrisma(env["DATABASE_URL"] ?? "file:shop.db");
plain.$on("query", () => counts.queries++);
const settings = { redisUrl: env["REDIS_URL"], namespace: env["CACHE_NAMESPACE"] };
const cached = env["CACHE"] === "off" ? null : withCache(plain, settings);
const prisma = cached ?? plain;

const metrics = cached ? metricsHandler(cached.$cache, settings) : undefined;

const [port, host] = [Number(env["PORT"] ?? 3000), env["HOST"] ?? "127.0.0.1"];
const server: Server = createApp(prisma, metrics).listen(port, host, (error) => {
  if (error) throw error;
  const { port: listening } = server.address() as AddressInfo;
  if (process.send) tell({ type: "listening", port: listening });
  else console.log(`The shop answers on http://${host}:${listening}/products`);
});
server.on("request", () => counts.requests++);

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

// Started by the demo: its channel asks for counts, and its end is ours.
if (process.send) {
  process.on("disconnect", stop);
  process.on("message", (message: ToServer) => tell({ type: "report", id: message.id, report: report() }));
}

function tell(message: FromServer): void {
  process.send?.(message);
}

function report(): ServerReport {
  const { user, system } = process.cpuUsage();
  return { ...counts, cpu: (user + system) / 1_000, cache: cached?.$cache.stats().reads ?? null };
}
