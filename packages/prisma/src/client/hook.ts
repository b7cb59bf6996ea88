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

/** Prisma's promise of a result: nothing is sent before it is awaited, or told which transaction it belongs to. */
export interface HookQuery extends Promise<unknown> {
  requestTransaction(transaction: TransactionInfo): Promise<unknown>;
}

/** `batch`: a member of `$transaction([…])`; `itx`: inside `$transaction(async (tx) => …)`. */
export interface TransactionInfo {
  readonly kind: "batch" | "itx";
  readonly id: unknown;
}

export function transactionOf(call: HookCall): TransactionInfo | undefined {
  return call.__internalParams?.transaction;
}

export function dataPathOf(call: HookCall): readonly string[] {
  return call.__internalParams?.dataPath ?? [];
}
