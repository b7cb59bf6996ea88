/** Why evercache threw. Stable: programs may compare it. */
export type EvercacheErrorCode =
  | "INVALID_OPTION"
  | "INVALID_DURATION"
  | "UNKNOWN_MODEL"
  | "UNKNOWN_OPTION"
  | "UNKNOWN_FIELD"
  | "SCHEMA_UNREADABLE"
  | "NOT_A_QUERY"
  | "UNSUPPORTED_CLIENT"
  | "NOT_INSTALLED"
  | "STORE_UNAVAILABLE"
  | "CLOSED";

/**
 * The only error class that evercache throws for a mistake of its caller. `code` says which mistake, `value` is the
 * offending value, and the message says what to write instead.
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
