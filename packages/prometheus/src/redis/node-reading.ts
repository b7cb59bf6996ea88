import type { RedisInfo } from "./redis-info.js";

/** What one server said at a scrape. */
export interface NodeReading {
  /** Its address, `host:port`, or the path of its socket. */
  readonly node: string;
  /** Null: it did not answer in time, or refused. */
  readonly info: RedisInfo | null;
  readonly pingMilliseconds: number | null;
}
