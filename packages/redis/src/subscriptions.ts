/** Hears what is published in channels. None of its methods throws. */
export interface ChannelListener {
  /** From now on every message in these channels is told. */
  onListening(channels: readonly string[]): void;
  onMessage(channel: string, message: string): void;
  /** Messages in these channels may have been missed, for the reason `error`, and may be until `onListening` is told again. */
  onLost(channels: readonly string[], error: unknown): void;
  /** All messages of before `moment` (milliseconds of `performance.now()`) in channels that are listened to have been told. */
  onHeard(moment: number): void;
}

/** What a listener hears by. */
export interface Subscriptions {
  /** Begins to listen, once and for all: where messages are missed, begins anew as soon as may be. */
  listen(channel: string): void;
  /** Nothing is told from now on. Resolves when the connections have ended. */
  close(): Promise<void>;
}

/** As sharded channels (https://redis.io/docs/latest/develop/pubsub/#sharded-pubsub), which one node of a cluster serves. */
export type Sharding = "plain" | "sharded";

/** The command by which to publish. */
export function publishCommand(sharding: Sharding): "PUBLISH" | "SPUBLISH" {
  return sharding === "sharded" ? "SPUBLISH" : "PUBLISH";
}
