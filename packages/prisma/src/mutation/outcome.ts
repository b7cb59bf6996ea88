import { EvercacheError, type Outcome } from "@evercache/core";
import { PrismaClientKnownRequestError, PrismaClientValidationError } from "@prisma/client/runtime/client";
import {
  causeOf,
  isSqliteBusy,
  MYSQL_POOL_TIMEOUT,
  POSTGRES_POOL_TIMEOUTS,
  type Cause,
} from "../client/adapter-error.js";

/**
 * What Prisma finds before it has sent a statement, or inside a transaction that it then rolls back: an operation of more
 * than one statement always runs in one. What is in none of these tables is ambiguous.
 */
const REFUSED_BY_PRISMA: ReadonlySet<string> = new Set([
  "P2014", // a required relation would be violated
  "P2017", // records of a relation not connected
  "P2018", // required connected records not found: thrown by the interpreter's validation, like the other three
  "P2025", // record to change not found
  "P2029", // more parameters than the database takes
]);

/** Transactions that Prisma has rolled back, or never begun. The code is P2028 for these as for a commit in doubt. */
const ENDED_BY_PRISMA =
  /cannot be executed on (an expired transaction|a transaction that was rolled back)|Unable to start a transaction in the given time|Invalid isolation level/;

/** What a driver adapter calls the answers by which a database refuses a statement, whatever the database. */
const REFUSALS: ReadonlySet<string> = new Set([
  "UniqueConstraintViolation",
  "NullConstraintViolation",
  "ForeignKeyConstraintViolation",
  "RestrictViolation",
  "LengthMismatch",
  "ValueOutOfRange",
  "InvalidInputValue",
  "TableDoesNotExist",
  "ColumnNotFound",
  "TransactionWriteConflict",
]);

/** Errors of getting a connection, which comes before sending. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "DatabaseNotReachable",
  "DatabaseDoesNotExist",
  "DatabaseAccessDenied",
  "TooManyConnections",
  "InvalidIsolationLevel",
]);

/**
 * PostgreSQL aborts the transaction, a statement's own included, with each error that it reports while it goes on
 * listening. Not here: 40003, by which compatible databases say that they do not know; connections that end (08, 57P);
 * the server's own trouble (53, 58, XX); and the codes that only an extension or a pooler gives.
 */
const POSTGRES_REFUSAL = /^(22...|23...|42...|P0...|25006|40001|40P01|55P03|57014)$/; // 25006: read-only, 55P03: lock_timeout, 57014: statement_timeout

/** Data, constraint, syntax or privilege, SIGNAL. Not 70100: what is interrupted may be waiting for a replica. */
const MYSQL_REFUSAL = /^(22|23|42|45)/;
const MYSQL_LOCK_WAIT_TIMEOUT = 1205;

const SQLITE_ERROR = 1;
const SQLITE_CONSTRAINT = 19;
const SQLITE_PRIMARY_CODE = 0xff;
const SQLITE_CONSTRAINT_TRIGGER = "1811";

/**
 * Whether it is certain, after an error of a write or of a commit, that nothing was written. The tests in
 * `test/faults/outcome-*` provoke each line of these tables on a real database and look there what was written.
 *
 * Raw SQL is not judged by what the database answers, unless it is one statement that changes rows: a procedure, or several
 * statements in one, may have committed before the one that was refused.
 */
export function outcomeOf(error: unknown, isOneStatement = false): Exclude<Outcome, "committed"> {
  return isCertain(error, isOneStatement) ? "rolled-back" : "ambiguous";
}

function isCertain(error: unknown, isOneStatement: boolean): boolean {
  // A wrong argument, of Prisma's or of the cache's: nothing was sent.
  if (error instanceof PrismaClientValidationError || error instanceof EvercacheError) return true;
  if (error instanceof PrismaClientKnownRequestError) {
    const { code, message } = error;
    if (REFUSED_BY_PRISMA.has(code)) return true;
    if (code === "P2028") return ENDED_BY_PRISMA.test(message);
    const cause = causeOf(error);
    return cause !== undefined && (isNeverSent(cause) || ((code !== "P2010" || isOneStatement) && isRefusal(cause)));
  }
  if (!(error instanceof Error)) return false;
  // Prisma passes on the answer to a COMMIT as the adapter made it: a deferred constraint, a serialization failure.
  if (error.name === "DriverAdapterError") return isRefusal(causeOf(error)!);
  return POSTGRES_POOL_TIMEOUTS.has(error.message);
}

function isNeverSent({ kind, originalCode }: Cause): boolean {
  return NEVER_SENT.has(String(kind)) || (kind === "mysql" && Number(originalCode) === MYSQL_POOL_TIMEOUT);
}

/** The database's own answer to a statement: it was refused as a whole. */
function isRefusal(cause: Cause): boolean {
  const { kind, originalCode, originalMessage, state } = cause;
  switch (kind) {
    case "postgres":
      return POSTGRES_REFUSAL.test(String(originalCode));
    case "mysql":
      return MYSQL_REFUSAL.test(String(state)) || Number(originalCode) === MYSQL_LOCK_WAIT_TIMEOUT;
    case "sqlite": {
      // Without a code it may be the network's error: the adapter then puts in a 1 of its own.
      const primary = Number(originalCode) & SQLITE_PRIMARY_CODE;
      return primary === SQLITE_ERROR || primary === SQLITE_CONSTRAINT;
    }
    case "SocketTimeout":
      return isSqliteBusy(cause);
    case "ForeignKeyConstraintViolation":
      // A trigger's RAISE(FAIL) comes as the same, and leaves what the statement did until then.
      return (
        originalCode !== SQLITE_CONSTRAINT_TRIGGER || String(originalMessage).endsWith("FOREIGN KEY constraint failed")
      );
    default:
      return REFUSALS.has(String(kind));
  }
}
