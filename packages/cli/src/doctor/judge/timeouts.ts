import { note, ok, warning, type Finding } from "../finding.js";
import { spellTime } from "../spell.js";

/** Time-outs that the database has, in milliseconds; 0: none; undefined: it has no such thing, or does not tell. */
export interface DatabaseTimeouts {
  readonly provider: "postgresql" | "mysql";
  /** Longest run of a statement. */
  readonly statement: number | undefined;
  /** Longest wait for the lock of a row. */
  readonly lock: number | undefined;
  /** How often the database looks whether the client is still there while a statement runs. */
  readonly clientCheck: number | undefined;
  /** Longest rest of a transaction that is open. */
  readonly idleInTransaction: number | undefined;
}

export interface TimeoutFacts {
  readonly lease: number;
  readonly ambiguousLease: number;
  /** Of Prisma's interactive transactions. */
  readonly transaction: number;
  readonly database: DatabaseTimeouts | undefined;
}

/** Whether the database has decided about a write before its locks lapse. */
export function judgeTimeouts({ lease, ambiguousLease, transaction, database }: TimeoutFacts): Finding[] {
  const findings = [judgeTransaction(lease, transaction)];
  if (database) findings.push(judgeStatement(lease, database), judgeCommit(ambiguousLease, database));
  return findings;
}

function judgeTransaction(lease: number, transaction: number): Finding {
  const id = "lease-transaction";
  const found = `Transactions may take ${spellTime(transaction)}, and the lease is ${spellTime(lease)}.`;
  if (transaction < lease) return ok(id, found);
  return warning(
    id,
    found,
    "A statement of a process that has died may still be waiting in the database when its locks lapse. It is carried out then, and what it changes stays stale until the ttl.",
    "Make `lease` longer than Prisma's transactionOptions.timeout.",
  );
}

function judgeStatement(lease: number, { provider, statement, lock, clientCheck }: DatabaseTimeouts): Finding {
  const id = "lease-database";
  const limits = [statement, lock, clientCheck].filter((limit) => limit !== undefined && limit > 0) as number[];
  const shortest = Math.min(...limits);
  if (shortest < lease) {
    return ok(
      id,
      `The database ends a statement that waits after ${spellTime(shortest)}; the lease is ${spellTime(lease)}.`,
    );
  }
  const found =
    limits.length === 0
      ? `The database lets a statement wait for ever; the lease is ${spellTime(lease)}.`
      : `The database lets a statement wait for ${spellTime(shortest)}; the lease is ${spellTime(lease)}.`;
  return warning(
    id,
    found,
    "A statement that waits for the lock of a row may outlive the process that sent it. If it is carried out after the lease has ended, what it changes stays stale until the ttl.",
    provider === "postgresql"
      ? `ALTER ROLE … SET lock_timeout = '${half(lease)}', or SET client_connection_check_interval = '${half(lease)}'; or a longer lease.`
      : `SET GLOBAL innodb_lock_wait_timeout = ${Math.max(1, Math.floor(lease / 2000))}; or a longer lease.`,
  );
}

function judgeCommit(ambiguousLease: number, { provider, idleInTransaction }: DatabaseTimeouts): Finding {
  const id = "ambiguous-lease";
  const lease = `ambiguousLease is ${spellTime(ambiguousLease)}`;
  if (idleInTransaction !== undefined && idleInTransaction > 0 && idleInTransaction <= ambiguousLease) {
    return ok(
      id,
      `The database ends a transaction that nobody goes on with after ${spellTime(idleInTransaction)}; ${lease}.`,
    );
  }
  const found = idleInTransaction
    ? `The database keeps a transaction that nobody goes on with for ${spellTime(idleInTransaction)}; ${lease}.`
    : `The database keeps a transaction that nobody goes on with for ever; ${lease}.`;
  return note(
    id,
    found,
    "After a commit whose answer was lost, its rows are kept out of the cache for ambiguousLease. The database should have decided by then, also where the COMMIT is late.",
    provider === "postgresql"
      ? `ALTER ROLE … SET idle_in_transaction_session_timeout = '${half(ambiguousLease)}'.`
      : `A longer ambiguousLease; or SET GLOBAL wait_timeout, which ends idle connections of pools, too.`,
  );
}

/** Half of it, as PostgreSQL spells times. Never 0, which would be none. */
function half(milliseconds: number): string {
  const time = Math.max(1, Math.floor(milliseconds / 2));
  return time % 1000 === 0 ? `${time / 1000}s` : `${time}ms`;
}
