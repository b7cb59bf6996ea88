import { PrismaClientInitializationError, PrismaClientKnownRequestError } from "@prisma/client/runtime/client";
import {
  causeOf,
  isSqliteBusy,
  MYSQL_POOL_TIMEOUT,
  POSTGRES_POOL_TIMEOUTS,
  type Cause,
} from "../client/adapter-error.js";

/** Of Prisma's own codes. */
const CODES: ReadonlySet<string> = new Set([
  "P1001", // the server cannot be reached
  "P1002", // it can, but does not answer in time
  "P1008", // an operation has timed out
  "P1017", // the server has closed the connection
  "P2024", // no connection of the pool in time
  "P2037", // too many connections
]);

/** What driver adapters call it. */
const KINDS: ReadonlySet<string> = new Set([
  "DatabaseNotReachable",
  "ConnectionClosed",
  "SocketTimeout",
  "TooManyConnections",
]);

/** Connections that fail, the server that shuts down or is still starting, and one that hung up. */
const POSTGRES = /^(08...|57P01|57P03|57P05)$/;
/** A pooler's for all that keeps it from a server, which is fatal; PostgreSQL's for a query with too few values. */
const POSTGRES_PROTOCOL_VIOLATION = "08P01";

/** The server shuts down, or its network fails it; the connection was killed, or closed, or is silent. */
const MYSQL: ReadonlySet<number> = new Set([
  1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 45009, 45012, 45013, 45026,
]);
/** The pool has no connection since the server refuses any: who asks, or what for. */
const MYSQL_REFUSED_CONNECTION = /\bSQLState: 28000\b|\bno: (1044|1049|4151)\b/;

/** What `pg` says without a code. */
const MESSAGES: ReadonlySet<string> = new Set([
  ...POSTGRES_POOL_TIMEOUTS,
  "Query read timeout",
  "Connection terminated",
  "Connection terminated unexpectedly",
  "Client has encountered a connection error and is not queryable",
]);

/** Of Node.js: what becomes of sockets and names. */
const SYSTEM: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/**
 * Whether an error of a read says that the database could not be reached. Where it was, and refused the query, whatever the
 * reason, it does not; nor where nothing certain can be said. `test/faults/outage-*` stops real databases.
 */
export function isOutage(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause) return isOutageOf(cause);
  if (error instanceof PrismaClientKnownRequestError) return CODES.has(error.code) || SYSTEM.has(error.code);
  if (error instanceof PrismaClientInitializationError) return CODES.has(error.errorCode ?? "");
  if (!(error instanceof Error)) return false;
  return MESSAGES.has(error.message) || SYSTEM.has(String((error as NodeJS.ErrnoException).code));
}

function isOutageOf(cause: Cause): boolean {
  const { kind, originalCode, severity, cause: reason } = cause;
  switch (kind) {
    case "postgres":
      if (originalCode === POSTGRES_PROTOCOL_VIOLATION && severity !== "FATAL") return false;
      return POSTGRES.test(String(originalCode));
    case "mysql":
      if (Number(originalCode) === MYSQL_POOL_TIMEOUT) return !MYSQL_REFUSED_CONNECTION.test(String(reason));
      // Below 0: of the operating system.
      return MYSQL.has(Number(originalCode)) || Number(originalCode) < 0;
    default:
      return KINDS.has(String(kind)) && !isSqliteBusy(cause);
  }
}
