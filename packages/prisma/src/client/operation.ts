import type { QueryKind } from "@evercache/core";

const READS = {
  findUnique: "single",
  findUniqueOrThrow: "single",
  findFirst: "single",
  findFirstOrThrow: "single",
  findMany: "list",
  count: "list",
  aggregate: "list",
  groupBy: "list",
} as const satisfies Record<string, QueryKind>;

export type ReadOperation = keyof typeof READS;

export const READ_OPERATIONS = Object.keys(READS) as readonly ReadOperation[];

/** An operation of a model that is none of these is taken for a write: that costs hits, never truth. */
export function isRead(operation: string): operation is ReadOperation {
  return Object.hasOwn(READS, operation);
}

/** Whether Prisma's promise has methods for the relations of the row. */
export function isFluent(operation: ReadOperation): boolean {
  return operation.startsWith("findUnique") || operation.startsWith("findFirst");
}

/** Whether a read returns rows, and not what was counted or computed of them. */
export function returnsRows(operation: ReadOperation): boolean {
  return operation === "findMany" || queryKind(operation) === "single";
}

/** A policy's `list` is for the queries that return lists or aggregates. */
export function queryKind(operation: ReadOperation): QueryKind {
  return READS[operation];
}
