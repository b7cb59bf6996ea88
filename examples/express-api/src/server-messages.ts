/** Counted since the server started. */
export interface ServerReport {
  requests: number;
  /** Statements that the database got. */
  queries: number;
  /** Milliseconds of processor time. */
  cpu: number;
  /** Of the cache; `null` without one. */
  cache: { hit: number; miss: number; bypass: number } | null;
}

export interface ToServer {
  type: "report";
  id: number;
}

export type FromServer = { type: "listening"; port: number } | { type: "report"; id: number; report: ServerReport };
