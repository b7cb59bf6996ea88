import { PrismaClientKnownRequestError } from "@prisma/client/runtime/client";

/** The parts of a driver adapter's error that tell what happened. */
export interface Cause {
  readonly kind?: unknown;
  /** The database's own code, as text. Missing where the driver made the error up. */
  readonly originalCode?: unknown;
  readonly originalMessage?: unknown;
  /** PostgreSQL: FATAL where it ends the connection. */
  readonly severity?: unknown;
  /** MySQL: the SQLSTATE. */
  readonly state?: unknown;
  /** MariaDB's driver: why its pool has no connection, in words. */
  readonly cause?: unknown;
}

/** What the driver adapter said, where an error of Prisma's is about that. */
export function causeOf(error: unknown): Cause | undefined {
  if (error instanceof PrismaClientKnownRequestError) {
    return (error.meta as { driverAdapterError?: { cause?: Cause } } | undefined)?.driverAdapterError?.cause;
  }
  // Prisma passes on the answer to a COMMIT as the adapter made it.
  const isAdapters = error instanceof Error && error.name === "DriverAdapterError";
  return isAdapters ? (error.cause ?? {}) : undefined;
}

/** The pool of `pg` has no connection free, or makes none in time. These are errors without a code. */
export const POSTGRES_POOL_TIMEOUTS: ReadonlySet<string> = new Set([
  "timeout exceeded when trying to connect",
  "Connection terminated due to connection timeout",
]);

/** The MariaDB driver's own code: its pool has no connection free, or could make none. */
export const MYSQL_POOL_TIMEOUT = 45028;

const SQLITE_BUSY = 5;
const SQLITE_PRIMARY_CODE = 0xff;

/** SQLite's lock is held by another: the adapter calls it a socket's time-out, which has no code. */
export function isSqliteBusy({ kind, originalCode }: Cause): boolean {
  return kind === "SocketTimeout" && (Number(originalCode) & SQLITE_PRIMARY_CODE) === SQLITE_BUSY;
}
