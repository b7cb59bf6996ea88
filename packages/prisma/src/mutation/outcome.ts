import { EvercacheError, type Outcome } from "@evercache/core";
import { PrismaClientKnownRequestError, PrismaClientValidationError } from "@prisma/client/runtime/client";

/**
 * Errors after which nothing was written: the statement was never sent, or the database answered that it refuses it.
 * Every other error leaves the outcome open: the connection may have been lost after the commit was sent.
 */
const NOTHING_WRITTEN: ReadonlySet<string> = new Set([
  "P2000", // value too long
  "P2001", // record of the where condition does not exist
  "P2002", // unique constraint
  "P2003", // foreign key constraint
  "P2004", // another constraint
  "P2005", // stored value invalid for the field's type
  "P2006", // provided value invalid
  "P2007", // data validation
  "P2008", // query could not be parsed
  "P2009", // query could not be validated
  "P2011", // null constraint
  "P2012", // required value missing
  "P2013", // required argument missing
  "P2014", // required relation violated
  "P2015", // related record not found
  "P2016", // query interpretation
  "P2017", // records of a relation not connected
  "P2018", // required connected records not found
  "P2019", // input error
  "P2020", // value out of range
  "P2021", // table does not exist
  "P2022", // column does not exist
  "P2024", // no connection free in the pool: never sent
  "P2025", // record to change not found
  "P2026", // feature the database does not have
  "P2029", // query parameter limit
  "P2033", // number out of range
  "P2034", // write conflict or deadlock: rolled back by the database
]);

/** What a driver adapter calls the errors with which a database refuses a statement. */
const REFUSALS: ReadonlySet<string> = new Set([
  "UniqueConstraintViolation",
  "NullConstraintViolation",
  "ForeignKeyConstraintViolation",
  "LengthMismatch",
  "ValueOutOfRange",
  "InvalidInputValue",
  "InconsistentColumnData",
  "TableDoesNotExist",
  "ColumnNotFound",
  "TransactionWriteConflict",
]);

/** SQLSTATE classes: data exception, integrity constraint, transaction rollback, syntax or access rule. */
const REFUSING_SQLSTATE = /^(22|23|40|42)/;

export function outcomeOf(error: unknown): Exclude<Outcome, "committed"> {
  // A wrong argument, of Prisma's or of the cache's: nothing was sent.
  if (error instanceof PrismaClientValidationError || error instanceof EvercacheError) return "rolled-back";
  if (!(error instanceof PrismaClientKnownRequestError)) return "ambiguous";
  if (NOTHING_WRITTEN.has(error.code)) return "rolled-back";
  // Prisma has rolled back what took too long before anybody asked to commit it.
  if (error.code === "P2028" && error.message.includes("expired transaction")) return "rolled-back";
  return error.code === "P2010" && isRefusal(error.meta) ? "rolled-back" : "ambiguous";
}

/** The database's own answer to a raw statement. */
function isRefusal(meta: unknown): boolean {
  const cause = (meta as { driverAdapterError?: { cause?: { kind?: unknown; originalCode?: unknown } } } | undefined)
    ?.driverAdapterError?.cause;
  if (typeof cause?.kind !== "string") return false;
  return REFUSALS.has(cause.kind) || (cause.kind === "postgres" && REFUSING_SQLSTATE.test(String(cause.originalCode)));
}
