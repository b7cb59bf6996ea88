/** What Prisma passes to a query extension, with the part it keeps for itself. */
export interface HookCall {
  readonly model: string | undefined;
  readonly operation: string;
  readonly args: unknown;
  readonly query: (args: unknown) => Promise<unknown>;
  readonly __internalParams?: {
    readonly dataPath?: readonly string[];
    readonly transaction?: TransactionInfo;
    readonly clientMethod?: string;
    readonly callsite?: unknown;
    args?: unknown;
  };
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
