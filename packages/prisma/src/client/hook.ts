import { isRead, type ReadOperation } from "./operation.js";

/** What Prisma passes to a query extension, with the part it keeps for itself. */
export interface HookCall {
  readonly model: string | undefined;
  readonly operation: string;
  readonly args: unknown;
  readonly query: (args: unknown) => HookQuery;
  readonly __internalParams?: {
    readonly dataPath?: readonly string[];
    readonly transaction?: TransactionInfo;
    readonly clientMethod?: string;
    readonly callsite?: unknown;
    args?: unknown;
  };
}

/** A read of a model. */
export interface ReadCall extends HookCall {
  readonly model: string;
  readonly operation: ReadOperation;
  /** Where Prisma's hook was not called: what it would have been called with, which says where the application called. */
  readonly located?: () => Promise<HookCall>;
}

/** Prisma's promise of a result: nothing is sent before it is awaited, or told which transaction it belongs to. */
export interface HookQuery extends Promise<unknown> {
  requestTransaction(transaction: TransactionInfo): Promise<unknown>;
}

/** `batch`: a member of `$transaction([…])`; `itx`: inside `$transaction(async (tx) => …)`. */
export interface TransactionInfo {
  readonly kind: "batch" | "itx";
  readonly id: unknown;
}

export function isModelCall(call: HookCall): call is HookCall & { readonly model: string } {
  return call.model !== undefined;
}

export function isReadCall(call: HookCall & { readonly model: string }): call is ReadCall {
  return isRead(call.operation);
}

export function transactionOf(call: HookCall): TransactionInfo | undefined {
  return call.__internalParams?.transaction;
}

export function dataPathOf(call: HookCall): readonly string[] {
  return call.__internalParams?.dataPath ?? [];
}
