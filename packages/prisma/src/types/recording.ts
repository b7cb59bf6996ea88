export interface RecordOptions {
  /** How many different queries are kept at most: the hottest. Default 1000. */
  readonly max?: number;
}

/** A recording of what is asked of the cache. */
export interface Recording<Model extends string = string> {
  /**
   * The reads that were left out until now: of encrypted models, those with arguments that cannot be written down, and those
   * with more than 10,000 characters of arguments.
   */
  readonly skipped: number;
  /** What was asked most until now, hottest first. It can be made JSON, and read again. */
  queries(): RecordedQuery<Model>[];
  /** Ends it, and returns the same. May be called again. */
  stop(): RecordedQuery<Model>[];
}

/** A read as JSON, for `$cache.warm`. */
export interface RecordedQuery<Model extends string = string> {
  readonly model: Model;
  readonly operation: string;
  /** As the query was given them, `cache` with them. What JSON does not have is spelled as text. */
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  /** Which arguments are more than JSON: dates, big integers and the like. Left out: none. */
  readonly types?: object | undefined;
  /** The relations of a fluent call: `["posts"]` of `user.findUnique(…).posts()`. */
  readonly path?: readonly string[] | undefined;
  /** What the option `scope` said. */
  readonly scope?: string | undefined;
  /**
   * How often it was asked, at least: exact while no more than twice `max` different queries were asked. It says nothing to
   * `$cache.warm`.
   */
  readonly count?: number | undefined;
}
