const NETWORK =
  /^(?:ECONN|EHOST|ENET|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL)/;
const SAYS =
  /Connection is closed|Stream isn't writeable|timed out|All sentinels are unreachable|Failed to refresh slots/i;
const REFUSED = /^(?:NOAUTH|WRONGPASS|ERR AUTH|ERR invalid password)/;

/** True where the connection failed, or was refused, rather than a command. */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionError);
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === "string" && NETWORK.test(code)) return true;
  if (error.name === "MaxRetriesPerRequestError" || error.name === "ClusterAllFailedError") return true;
  return SAYS.test(error.message) || REFUSED.test(error.message);
}

/** True where the server does not know the user or the password. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && REFUSED.test(error.message);
}
