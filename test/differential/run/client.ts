import { pathToFileURL } from "node:url";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { PrismaPg } from "@prisma/adapter-pg";
import { cacheExtension, type CacheEvent, type CacheStats } from "@evercache/prisma";
import type { Visible } from "../generate/shape.js";
import type { Database } from "./database.js";

export type Method = (args?: unknown) => PromiseLike<unknown>;

/** A client of any schema. */
export interface AnyClient {
  readonly $transaction: (input: unknown, options?: unknown) => Promise<unknown>;
  readonly $executeRawUnsafe: (sql: string) => PromiseLike<unknown>;
  readonly $disconnect: () => Promise<void>;
}

export interface CachedClient extends AnyClient {
  readonly $cache: {
    stats(): CacheStats;
    invalidateAll(): Promise<unknown>;
    on(type: "event", listener: (event: CacheEvent) => void): unknown;
  };
}

interface BaseClient extends AnyClient {
  readonly $extends: (extension: unknown) => unknown;
  readonly _runtimeDataModel: {
    readonly models: Readonly<Record<string, { readonly fields: readonly { name: string }[] }>>;
  };
}

export interface Clients {
  readonly plain: AnyClient;
  readonly cached: readonly [CachedClient, CachedClient];
  readonly isVisible: Visible;
  readonly close: () => Promise<void>;
}

type Variant = Pick<NonNullable<Parameters<typeof cacheExtension>[0]>, "fastPath"> & {
  readonly defaults?: { readonly l1?: true | { readonly mode: "validated" }; readonly onWrite?: "refill" };
};

const CONNECTIONS = 8;
/** Milliseconds. On a machine that does other things, too, a connection is waited for. */
const TRANSACTION = { maxWait: 20_000, timeout: 8_000 };

/** How each of the two cached clients answers and writes: every tier, and both ways of each, are somewhere. */
const VARIANTS = {
  postgresql: [
    { defaults: { l1: true, onWrite: "refill" } },
    { defaults: { l1: { mode: "validated" } }, fastPath: false },
  ],
  sqlite: [{}, { defaults: { onWrite: "refill" }, fastPath: false }],
  mysql: [{ defaults: { l1: true } }, { defaults: { onWrite: "refill" } }],
} as const satisfies Record<Database["provider"], readonly [object, object]>;

/** Two cached clients that share one Redis as two processes would, and one without a cache. */
export async function openClients(module: string, database: Database, redis: string): Promise<Clients> {
  const { PrismaClient } = (await import(pathToFileURL(module).href)) as {
    PrismaClient: new (options: unknown) => BaseClient;
  };
  // As in production, where Prisma does not note where the application called: rows are then loaded many at a time.
  const options = { transactionOptions: TRANSACTION, errorFormat: "minimal" };
  const open = () => new PrismaClient({ adapter: adapterOf(database), ...options });
  const plain = open();
  const cached = ({ defaults, ...variant }: Variant) =>
    open().$extends(
      cacheExtension({
        redis,
        namespace: "differential",
        defaults: { ttl: "1h", adaptive: false, ...defaults },
        deadline: "10s",
        writeDeadline: "10s",
        ...variant,
      }),
    ) as CachedClient;
  const [one, other]: readonly [Variant, Variant] = VARIANTS[database.provider];
  const pair = [cached(one), cached(other)] as const;
  const { models } = plain._runtimeDataModel;
  const known = new Map(
    Object.entries(models).map(([name, { fields }]) => [name, new Set(fields.map((field) => field.name))]),
  );
  return {
    plain,
    cached: pair,
    isVisible: (model, field) => known.get(model)?.has(field) ?? false,
    close: async () => {
      await Promise.all([plain, ...pair].map((client) => client.$disconnect()));
    },
  };
}

function adapterOf({ provider, url }: Database) {
  switch (provider) {
    case "postgresql":
      return new PrismaPg({ connectionString: url, max: CONNECTIONS });
    case "mysql":
      return new PrismaMariaDb(`${url.replace(/^mysql:/, "mariadb:")}?connectionLimit=${CONNECTIONS}`);
    case "sqlite":
      // In its usual mode the driver refuses integers beyond 2^53.
      return new PrismaLibSql({ url, intMode: "bigint" });
    default:
      return provider satisfies never;
  }
}

/** A method of a model of the client. */
export function methodOf(client: AnyClient, model: string, operation: string): Method {
  const delegate = (client as unknown as Record<string, Record<string, Method>>)[
    model.charAt(0).toLowerCase() + model.slice(1)
  ];
  const method = delegate?.[operation];
  if (!delegate || !method) throw new Error(`the client has no ${model}.${operation}`);
  return method.bind(delegate);
}
