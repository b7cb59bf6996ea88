/** True for an error that the server answered with, as opposed to no answer; of one of `codes` if any are named. */
export function isReply(error: unknown, ...codes: readonly string[]): boolean {
  if (!(error instanceof Error) || error.name !== "ReplyError") return false;
  return codes.length === 0 || codes.some((code) => error.message.startsWith(code));
}

/** The server that a connection leads to is none that evercache can use. */
export class UnfitServerError extends Error {
  override readonly name = "UnfitServerError";
}

/**
 * True where the next connection may do better: this server is a replica since a failover, or reads its data from disk,
 * or has lost its primary, or has changed its password, or its answers make no sense.
 */
export function isUnfit(error: unknown): boolean {
  return (
    error instanceof UnfitServerError ||
    isReply(error, "READONLY", "LOADING", "MASTERDOWN", "NOAUTH", "MOVED", "CLUSTERDOWN")
  );
}
