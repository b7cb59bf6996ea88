/** Why evercache threw. Stable: programs may compare it. */
export type EvercacheErrorCode =
  | "INVALID_OPTION"
  | "INVALID_DURATION"
  | "UNKNOWN_MODEL"
  | "UNKNOWN_OPTION"
  | "UNKNOWN_FIELD"
  | "NOT_A_QUERY"
  | "UNSUPPORTED_CLIENT"
  | "NOT_INSTALLED"
  | "STORE_UNAVAILABLE"
  | "CLOSED";

/**
 * What evercache throws at the application. `code` says why, `value` is the offending value where there is one, and the message
 * says what to write or do instead.
 */
export class EvercacheError extends Error {
  override readonly name = "EvercacheError";
  readonly code: EvercacheErrorCode;
  readonly value: unknown;

  constructor(code: EvercacheErrorCode, message: string, options: { value?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.value = options.value;
  }
}

/** Thrown inside the library when the store cannot be asked just now. It never reaches the application. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
}

/** The store is known to be away, so that it was not even asked: nothing can have happened there. */
export class StoreNotAskedError extends StoreUnavailableError {}

/** The locks stand, but no replica took them in time: a failover would lose them. It never reaches the application. */
export class NotReplicatedError extends Error {
  override readonly name = "NotReplicatedError";
}
