import {
  Cache,
  createMemoryStore,
  EvercacheError,
  EventLog,
  type Codec,
  type Outcome,
  type PolicyTable,
  type Store,
} from "@evercache/core";
import { createRedisStore, type RedisStoreOptions } from "@evercache/redis";
import { Transactions } from "./client/transactions.js";
import { AskedLists } from "./mutation/asked-lists.js";
import { RowMemory } from "./mutation/row-memory.js";
import { databaseIdentity } from "./client/database-identity.js";
import type { CodecCache } from "./codec/codec-cache.js";
import { GatedClient } from "./client/gated-client.js";
import { InnerExtensions } from "./client/inner-extensions.js";
import { PromiseSurface } from "./client/promise-surface.js";
import { readInternals, unstack, type ClientInternals, type ExtensibleClient } from "./client/internals.js";
import { StatementGate } from "./client/statement-gate.js";
import { Encryption } from "./encryption.js";
import { changesByOneStatement } from "./mutation/asks-first.js";
import { outcomeOf as outcomeOfError } from "./mutation/outcome.js";
import { tagsOfEverything } from "./mutation/raw-sql.js";
import { parsePolicies, type Settings } from "./options.js";
import { PreparedQueries } from "./query/prepared.js";
import { Recordings } from "./recording/recordings.js";
import type { DataModel } from "./schema/data-model.js";
import { readDataModel } from "./schema/read-data-model.js";
import { VERSION } from "./version.js";
import { withTracking } from "./tracking.js";

/** What writes a transaction has is not told. */
const TRANSACTION = { model: null, operation: "$transaction" } as const;

/** What all clients that grow out of one `$extends(cacheExtension(…))` share. */
export interface Runtime {
  readonly settings: Settings;
  /** The arguments of a read as they are known here, where the application may write others. May throw. */
  readonly readArgs: ((args: unknown) => unknown) | undefined;
  readonly dataModel: DataModel;
  readonly policies: PolicyTable;
  readonly prepared: PreparedQueries;
  readonly recordings: Recordings;
  /** Undefined: nothing is encrypted. */
  readonly encryption: Encryption | undefined;
  readonly rows: RowMemory;
  readonly lists: AskedLists;
  readonly cache: Cache;
  readonly transactions: Transactions;
  readonly innerExtensions: InnerExtensions;
  readonly promiseSurface: PromiseSurface;
  /** Null: every write waits for its locks before Prisma is given it. */
  readonly gated: GatedClient | null;
  /** How a write or a commit ended, by its error. */
  readonly outcomeOf: (error: unknown, isOneStatement?: boolean) => Exclude<Outcome, "committed">;
}

/** One client that the cache stands in front of: the runtime, and what of the client shapes its results. */
export interface CachedView {
  readonly runtime: Runtime;
  /** The client below the cache. */
  readonly base: ExtensibleClient;
  readonly internals: ClientInternals;
  /** Two clients share entries only if it is equal for both. */
  readonly fingerprint: string;
  readonly codec: Codec;
  /** The codecs that take its place where the schema says what a result looks like. Left out: none do. */
  readonly codecs?: CodecCache | undefined;
  /** Null: what the cache hands on may go to another client than this. */
  readonly gated: GatedClient | null;
  /** Another extension runs inside, and may rewrite what is asked. */
  readonly isInside?: boolean;
}

/** @throws EvercacheError where the client is no Prisma 7 client or an option does not fit its schema */
export function createRuntime(settings: Settings, client: ExtensibleClient, readArgs?: Runtime["readArgs"]): Runtime {
  const { keyring } = settings;
  const { runtimeDataModel, schemaText, provider, transactionTimeout, adapter, adapterName, clientVersion } =
    readInternals(client);
  const isTransactional = adapterName === undefined || !WITHOUT_TRANSACTIONS.has(adapterName);
  if (settings.consistency === "strict" && !isTransactional) {
    throw new EvercacheError(
      "INVALID_OPTION",
      `consistency: "strict" needs transactions, which ${adapterName} does not have. Write "bounded".`,
      { value: "strict" },
    );
  }
  // Without transactions a write that fails may have been carried out in part, whatever the error says.
  const outcomeOf = isTransactional ? outcomeOfError : () => "ambiguous" as const;
  const { dataModel: declared, warning } = readDataModel({
    runtimeDataModel,
    schemaText: settings.schema ?? schemaText,
    provider,
  });
  const policies = parsePolicies(settings, [...declared.models.keys()]);
  const dataModel = withTracking(declared, settings.defaults, settings.models);
  const cache = new Cache({
    name: settings.namespace,
    openStore: () => openStore(settings),
    consistency: settings.consistency,
    onUnreachable: settings.onUnreachable,
    deadline: settings.deadline,
    writeDeadline: settings.writeDeadline,
    lease: settings.lease,
    ambiguousLease: settings.ambiguousLease,
    awaitRelease: settings.awaitRelease,
    verify: settings.verify,
    l1: { ...settings.l1, leastStaleness: policies.leastStaleness },
    observable: (settings.observable ?? policies.leastStaleness !== null) ? { version: VERSION } : undefined,
    longestTtl: policies.longestTtl,
    everything: tagsOfEverything(dataModel),
    identity: databaseIdentity(unstack(client).root, settings.databaseId, settings.namespace),
  });
  if (settings.logger) {
    const log = new EventLog(settings.logger, settings.namespace);
    cache.on((event) => log.tell(event), { hits: log.isOfHits ? "all" : "none" });
  }
  // Told once the application had the chance to listen.
  const warn = (code: string, message: string) => setImmediate(() => cache.report({ type: "warning", code, message }));
  if (warning !== undefined) warn("SCHEMA_UNREADABLE", warning);
  if (isSet(process.env["EVERCACHE_DISABLED"])) {
    cache.pause(true);
    warn(
      "DISABLED",
      "EVERCACHE_DISABLED is set: reads go past the cache until $cache.resume(). Writes still drop what they change.",
    );
  }
  let isWarned = false;
  const checkTimeout = (timeout: number): void => {
    if (isWarned || timeout < settings.lease) return;
    isWarned = true;
    warn("LEASE_TOO_SHORT", leaseTooShort(settings, timeout));
  };
  if (transactionTimeout !== undefined) checkTimeout(transactionTimeout);
  const transactions = new Transactions(
    () => cache.fence(TRANSACTION),
    outcomeOf,
    (fence) => {
      fence.add({ changed: tagsOfEverything(dataModel), fenced: [] });
      cache.report({
        type: "warning",
        code: "FOREIGN_TRANSACTION",
        message:
          "An extension's $transaction opened its transaction on a client below the cache, so that its writes are not " +
          "seen: every entry is dropped. Apply that extension after the cache, or let it use Prisma.getExtensionContext(this).",
      });
    },
    checkTimeout,
  );
  let isInnerReported = settings.innerExtensions === "trusted";
  const innerExtensions = new InnerExtensions(({ name }) => {
    if (!isInnerReported) warn("INNER_EXTENSION", innerExtension(name));
    isInnerReported = true;
  });
  return {
    settings,
    readArgs,
    dataModel,
    policies,
    prepared: new PreparedQueries(),
    recordings: new Recordings(settings.scope),
    encryption: keyring && new Encryption(keyring, dataModel, settings.defaults, settings.models),
    rows: new RowMemory(dataModel, isTransactional ? settings.rememberRows : 0),
    lists: new AskedLists(),
    cache,
    transactions,
    innerExtensions,
    promiseSurface: new PromiseSurface((difference) => {
      if (settings.fastPath !== false) warn("FAST_PATH_OFF", fastPathOff(difference, clientVersion));
    }),
    gated: gatedClient(settings, dataModel, adapter),
    outcomeOf,
  };
}

/** Of a switch in the environment: a word that nobody foresaw is no reason to serve from the cache. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false", "off", "no"].includes(value.trim().toLowerCase());
}

/** Where a quarantine that fails stops no write, and a write may change rows by the first statement that it sends. */
function gatedClient({ consistency, onUnreachable }: Settings, dataModel: DataModel, adapter: unknown) {
  if (consistency !== "bounded" || onUnreachable !== "proceed" || !changesByOneStatement(dataModel)) return null;
  const gate = StatementGate.of(adapter);
  return gate && new GatedClient(gate);
}

function fastPathOff(difference: string, version: string): string {
  return (
    `This version of Prisma (${version}) differs from those that the fast path knows: ${difference}. Reads are cached as ` +
    "ever, and each takes its way through Prisma's query extensions, which costs some microseconds. Update @evercache/prisma; " +
    "fastPath: false says that you know."
  );
}

function innerExtension(name: string | undefined): string {
  return (
    `The query extension ${name === undefined ? "(without a name)" : `"${name}"`} was not applied by the cached client's own ` +
    "$extends, so that it runs inside the cache and may rewrite what the cache has asked for: reads through that client are " +
    "not cached. Write client.$extends(extension) on the client that has the cache, or apply it before cacheExtension(). " +
    'If it changes no result, innerExtensions: "trusted" caches them.'
  );
}

/** Driver adapters whose transactions are none: each statement commits by itself. */
const WITHOUT_TRANSACTIONS: ReadonlySet<string> = new Set(["@prisma/adapter-d1"]);

/**
 * A statement may wait for the row locks of a transaction for as long as that may run. If its process dies meanwhile, the
 * database still carries it out; its tags must be locked until then.
 */
function leaseTooShort({ lease }: Settings, timeout: number): string {
  return (
    `lease: ${lease} ms is not longer than the ${timeout} ms that a transaction may take (its option timeout, or the ` +
    "client's transactionOptions.timeout). A write that waits for such a transaction, and whose process dies, could commit " +
    `after its lock has lapsed. Write a lease of more than ${timeout} ms, or a shorter time-out.`
  );
}

function openStore({ store, redis, namespace }: Settings): Store {
  if (store) return store;
  return redis === undefined
    ? createMemoryStore()
    : createRedisStore({ redis: redis as RedisStoreOptions["redis"], namespace });
}
