/**
 * What evercache needs of an ioredis client, spelled by structure: a `Redis` or `Cluster` of ioredis 5.4 or later and one
 * of ioredis 6 all fit, whichever of them the compiler sees.
 */
export interface RedisInstance {
  readonly isCluster: boolean;
  duplicate(): unknown;
}

/** What is sent to a server. */
export interface Commands {
  /** `command`: what is sent often, in small letters, in which ioredis looks it up. */
  call(command: string, args: readonly (string | number | Uint8Array)[]): Promise<unknown>;
  /** As `call`, with strings answered as Buffers. */
  callBuffer(command: string, args: readonly (string | number | Uint8Array)[]): Promise<unknown>;
  /** The socket, once there is one. */
  readonly stream?: Stream | null;
}

/** A socket, as far as it is looked at. */
export interface Stream {
  ref?(): unknown;
  unref?(): unknown;
  cork?(): void;
  uncork?(): void;
  readonly pending?: boolean;
}

/** A connection of evercache's own. */
export interface Client extends Commands {
  on(event: "ready" | "close" | "end", listener: () => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "message" | "smessage", listener: (channel: string, message: string) => void): unknown;
  /** The server serves a channel no more. */
  on(event: "moved", listener: () => void): unknown;
  disconnect(): void;
}

/** Milliseconds that a connection may take to be made and to introduce its server. */
export const CONNECT_TIMEOUT = 5_000;

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds that a connection which is given up may take for its goodbye. */
const DISCONNECT_TIMEOUT = 100;

/**
 * What evercache sets on its own connections, whatever the application has set on its own: a command to a server that is
 * away is rejected at once, nothing is queued or sent twice, and one client is one connection. Reconnecting is
 * connection.ts' work, since each new connection may meet another incarnation of the server.
 */
export const OWN_OPTIONS = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  // The check that ioredis makes is thrown away by it; connection.ts makes one of its own.
  enableReadyCheck: false,
  lazyConnect: false,
  connectTimeout: CONNECT_TIMEOUT,
  disconnectTimeout: DISCONNECT_TIMEOUT,
  // Deadlines are the caller's.
  commandTimeout: undefined,
  socketTimeout: undefined,
  enableAutoPipelining: false,
  // Keys are what keyspace.ts says. The namespace is what keeps applications apart.
  keyPrefix: "",
  connectionName: "evercache",
  readOnly: false,
  monitor: false,
  stringNumbers: false,
  replyMapping: "legacy",
  scripts: undefined,
  himportFieldsets: undefined,
} as const;
