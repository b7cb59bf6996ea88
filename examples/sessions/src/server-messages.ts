/** `queries`: statements that the database got; `reads`: those that the cache was asked for. Both since the start. */
export type FromServer =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "report"; readonly queries: number; readonly reads: number };
