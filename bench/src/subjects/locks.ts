import { Redis } from "ioredis";
import { PrismaClient } from "../../generated/client.js";
import type { BenchClient } from "../queries.js";
import type { OpenSubject } from "./subject.js";

const LOCK = "lock";
const LEASE_MS = 10_000;

/**
 * The least that a write costs which locks a key in Redis before its statement and drops it after its commit, both of which it
 * waits for. What that key is about, nobody worked out.
 */
export const lockAndRelease: OpenSubject = (plain, redisUrl) =>
  locking(plain, redisUrl, async (redis, update) => {
    await lock(redis);
    const row = await update();
    await redis.del(LOCK);
    return row;
  });

/** The same where nobody waits for the end of the lock. */
export const lockFirst: OpenSubject = (plain, redisUrl) =>
  locking(plain, redisUrl, async (redis, update) => {
    await lock(redis);
    const row = await update();
    void redis.del(LOCK);
    return row;
  });

/**
 * The same where Prisma plans its statement while the lock is on its way: the least that a write costs whose lock stands before its
 * statement. One write at a time.
 */
export const lockMeanwhile: OpenSubject = (plain, redisUrl) => {
  let locked: Promise<unknown> | undefined;
  const client = new PrismaClient({ adapter: holding(adapterOf(plain), () => locked) });
  const { close, ...subject } = locking(client, redisUrl, async (redis, update) => {
    locked = lock(redis);
    const row = await update();
    void redis.del(LOCK);
    return row;
  });
  return { ...subject, close: () => Promise.all([close(), client.$disconnect()]).then(() => {}) };
};

/**
 * Less than any such write can cost: the statement does not wait for the lock, so that it may come before it, and nobody
 * waits for the end of the lock.
 */
export const lockBeside: OpenSubject = (plain, redisUrl) =>
  locking(plain, redisUrl, async (redis, update) => {
    const [row] = await Promise.all([update(), lock(redis)]);
    void redis.del(LOCK);
    return row;
  });

type Adapter = NonNullable<ConstructorParameters<typeof PrismaClient>[0]["adapter"]>;

function adapterOf(client: Parameters<OpenSubject>[0]): Adapter {
  return (client as unknown as { readonly _engineConfig: { readonly adapter: Adapter } })._engineConfig.adapter;
}

/** The same driver adapter, by whose connections every statement waits for what `until` says then. */
function holding(adapter: Adapter, until: () => Promise<unknown> | undefined): Adapter {
  const connect = async () => {
    const connection = await adapter.connect();
    const send = connection.queryRaw.bind(connection);
    connection.queryRaw = async (statement) => {
      await until();
      return send(statement);
    };
    return connection;
  };
  return Object.assign(Object.create(adapter) as Adapter, { connect });
}

function lock(redis: Redis): Promise<unknown> {
  return redis.set(LOCK, "holder", "PX", LEASE_MS);
}

function locking(
  plain: Parameters<OpenSubject>[0],
  redisUrl: string,
  write: (redis: Redis, update: () => PromiseLike<unknown>) => Promise<unknown>,
): ReturnType<OpenSubject> {
  const redis = new Redis(redisUrl);
  const { product } = plain;
  type Update = BenchClient["product"]["update"];
  const update = (args: Parameters<Update>[0]) => write(redis, () => product.update(args));
  return {
    client: { product: { update } } as unknown as BenchClient,
    read: (query) => query.run(plain),
    close: async () => redis.disconnect(),
  };
}
