import { Redis } from "ioredis";
import { PrismaClient, type Prisma } from "../../generated/client.js";
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
export const lockMeanwhile: OpenSubject = (plain, redisUrl) =>
  lockingMeanwhile(plain, redisUrl, async (redis, hold, update) => {
    hold(lock(redis));
    const row = await update();
    void redis.del(LOCK);
    return row;
  });

/**
 * The same where the lock is on all that depends on the row, and on nothing else. The values by which others find the row are known, and the
 * statement says them, since somebody may have changed them by then. One script locks a key for each of them, and tells other
 * processes. Nothing is worked out, and nobody else's locks are looked at.
 */
export const lockExactly: OpenSubject = (plain, redisUrl) => {
  const rows = new Map<number, Row>();
  return lockingMeanwhile(plain, redisUrl, async (redis, hold, update, args) => {
    const id = args.where.id!;
    const row = rows.get(id) ?? (await plain.product.findUniqueOrThrow({ where: { id }, select: FOUND_BY }));
    rows.set(id, row);
    const keys = Object.entries(row).map(([column, value]) => `${LOCK}:${column}=${String(value)}`);
    keys.push(`${LOCK}:any`);
    hold(redis.lockAll(keys.length, ...keys, "holder", LEASE_MS, LOCK));
    const written = await update({ ...args, where: row });
    void redis.dropAll(keys.length, ...keys);
    return written;
  });
};

/** The columns by which others find a product. */
const FOUND_BY = { id: true, sku: true, condition: true, published: true, categoryId: true } as const;
type Row = Prisma.ProductGetPayload<{ select: typeof FOUND_BY }>;

const SCRIPTS = {
  lockAll: {
    lua: `
      for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
      redis.call('PUBLISH', ARGV[3], cjson.encode(KEYS))`,
  },
  dropAll: { lua: "redis.call('DEL', unpack(KEYS))" },
};
type Scripted = Redis &
  Record<keyof typeof SCRIPTS, (keys: number, ...keysAndArgs: readonly (string | number)[]) => Promise<unknown>>;

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

type Args = Parameters<BenchClient["product"]["update"]>[0];
/** The update, with the caller's arguments where no others are given. */
type Update = (args?: Args) => PromiseLike<unknown>;
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
  write: (redis: Scripted, update: Update, args: Args) => Promise<unknown>,
): ReturnType<OpenSubject> {
  const redis = new Redis(redisUrl, { scripts: SCRIPTS }) as Scripted;
  const { product } = plain;
  const update = (args: Args) => write(redis, (changed = args) => product.update(changed), args);
  return {
    client: { product: { update } } as unknown as BenchClient,
    read: (query) => query.run(plain),
    close: async () => redis.disconnect(),
  };
}

/** The same where the statement waits at the driver for the lock that is held out to it. */
function lockingMeanwhile(
  plain: Parameters<OpenSubject>[0],
  redisUrl: string,
  write: (redis: Scripted, hold: (until: Promise<unknown>) => void, update: Update, args: Args) => Promise<unknown>,
): ReturnType<OpenSubject> {
  let locked: Promise<unknown> | undefined;
  const client = new PrismaClient({ adapter: holding(adapterOf(plain), () => locked) });
  const hold = (until: Promise<unknown>): void => void (locked = until);
  const { close, ...subject } = locking(client, redisUrl, (redis, update, args) => write(redis, hold, update, args));
  return { ...subject, close: () => Promise.all([close(), client.$disconnect()]).then(() => {}) };
}
