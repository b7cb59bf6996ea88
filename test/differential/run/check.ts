import { parseSchema } from "../../../packages/prisma/src/schema/parse-schema.js";
import { startRedis } from "../../setup/redis.js";
import type { Provider } from "../../setup/schema/variants.js";
import { shapeOf } from "../generate/shape.js";
import type { Measures } from "../measure/measures.js";
import type { Options } from "../options.js";
import { prepareSchema } from "../schema/prepare.js";
import { openClients } from "./client.js";
import { startDatabase } from "./database.js";
import { runHistories } from "./run.js";
import { World } from "./world.js";

/** Runs histories on one kind of database, on servers of its own. */
export async function check(provider: Provider, options: Options, log: (text: string) => void): Promise<Measures> {
  const schema = await prepareSchema(provider, options.schema);
  const [database, redis] = await Promise.all([startDatabase(provider, schema.sql), startRedis()]);
  try {
    const clients = await openClients(schema.client, database, redis.url);
    const shape = shapeOf(parseSchema(schema.text), provider, clients.isVisible);
    const world = new World(shape, database, clients, redis.url, options.forget);
    try {
      const measures = await runHistories(world, options, log);
      for (const client of clients.cached) measures.bypassed(client.$cache.stats().reads.bypassReasons);
      if (world.lost > 0) log(`lost by Prisma itself among others that were asked for at once: ${world.lost}`);
      for (const [text, count] of [...world.invalid].toSorted(([, a], [, b]) => b - a)) {
        log(`not understood by Prisma, ${count} times: ${text}`);
      }
      return measures;
    } finally {
      await world.close();
    }
  } finally {
    await Promise.all([database.stop(), redis.stop()]);
  }
}
