import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "../app.js";
import { createPrisma } from "../prisma.js";
import type { Verdicts } from "./verdicts.js";

export interface AtRestOptions {
  /** The API under test. */
  url: string;
  databaseUrl: string;
  /** The most telling first: on a slow machine the last ones are left out. */
  paths: readonly string[];
  patienceMs: number;
  verdicts: Verdicts;
}

/**
 * Nobody writes any more: asks the API, and the same API without a cache on the same database, for the
 * paths. The answers have to be the same, byte by byte.
 */
export async function compareAtRest({ url, databaseUrl, paths, patienceMs, verdicts }: AtRestOptions): Promise<void> {
  const prisma = createPrisma(databaseUrl);
  const server = createApp(prisma).listen(0, "127.0.0.1");
  try {
    await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
    const direct = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const deadline = performance.now() + patienceMs;
    for (const path of paths) {
      if (performance.now() > deadline) break;
      const [shown, stored] = await Promise.all([textOf(url + path), textOf(direct + path)]);
      verdicts.judge(shown === stored ? [] : [`at rest, GET ${path} differs from the database`]);
    }
  } finally {
    await closed(server);
    await prisma.$disconnect();
  }
}

async function textOf(url: string): Promise<string> {
  const response = await fetch(url);
  return `${response.status} ${await response.text()}`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
