import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { cacheExtension } from "@evercache/prisma";
import { cacheMetrics } from "@evercache/prometheus";
import { Registry } from "prom-client";
import { createApp } from "../../examples/express-api/src/app.js";
import { createPrisma, type ShopClient } from "../../examples/express-api/src/prisma.js";
import { seedDatabase } from "../../examples/express-api/src/seed/seed.js";
import type { ShopSize } from "../../examples/express-api/src/seed/shop.js";
import { scratchFolder } from "../setup/child-server.js";
import { parseScrape, type Series } from "../setup/scrape.js";
import type { RedisServer } from "../setup/redis.js";

export const SIZE: ShopSize = { products: 600, customers: 60, orders: 200, reviews: 300 };
export const CACHE = "agreement";

/** The example's API with its cache measured, and with its operations counted below the cache. */
export interface Shop {
  readonly url: string;
  /** What has come out below the cache so far, by model and operation: `Product.findMany`. Counted by an extension of its own. */
  readonly below: ReadonlyMap<string, number>;
  scrape(): Promise<Series[]>;
  /** Until nothing is under way in the background: refreshes, comparisons with the database. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/** `verify`: the share of hits that are compared with the database. */
export async function startShop(redis: RedisServer, verify = 0): Promise<Shop> {
  const { folder, remove } = scratchFolder("shop");
  const databaseUrl = `file:${path.join(folder, "shop.db")}`;
  await seedDatabase(databaseUrl, SIZE);
  const below = new Map<string, number>();
  const plain = createPrisma(databaseUrl);
  const cached = plain.$extends(
    cacheExtension({
      redis: redis.url,
      namespace: CACHE,
      // Queries of SQLite run on the event loop.
      deadline: "5s",
      writeDeadline: "5s",
      verify,
      innerExtensions: "trusted",
      defaults: { ttl: "20s" },
      models: {
        Category: { ttl: "1h", l1: true },
        Product: { ttl: "5s", swr: "2s", list: { ttl: "2s" } },
        Stock: { ttl: "20s", l1: true },
      },
    }),
  );
  const register = new Registry();
  const metrics = cacheMetrics(cached.$cache, { register, redis: redis.url });

  // By Prisma's own `$extends`, past the cache's: it runs inside.
  const counting = plain.$extends.call(cached as never, {
    query: {
      $allModels: {
        $allOperations({ model, operation, args, query }) {
          const name = `${model}.${operation}`;
          below.set(name, (below.get(name) ?? 0) + 1);
          return query(args);
        },
      },
    },
  });
  const server = createServer(
    createApp(counting as unknown as ShopClient, async (_request, response) => {
      response.type(register.contentType).send(await register.metrics());
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    below,
    scrape: async () => parseScrape(await register.metrics()),
    quiet: () => cached.$cache.disconnect(),
    async stop() {
      server.closeAllConnections();
      server.close();
      metrics.end();
      await cached.$cache.disconnect();
      await plain.$disconnect();
      remove();
    },
  };
}
