import { tagGroup, type Tag, type Watch, type Watcher } from "@evercache/core";
import type { Keyspace } from "./keyspace.js";
import type { SharedSubscriptions } from "./shared-subscriptions.js";
import type { ChannelListener, Subscriptions } from "./subscriptions.js";

/** Said in a group's channel by whoever ends all that depends on the group, and cannot name all tags of it. */
export const WHOLE_GROUP = "*";

/** What scripts/tell.lua publishes, or `WHOLE_GROUP`, told to a watcher. */
export class InvalidationChannel implements Watch, ChannelListener {
  readonly #subscriptions: Subscriptions;
  /** By their channels: the groups that are followed, or will be. */
  readonly #groups = new Map<string, string>();

  constructor(
    private readonly keyspace: Keyspace,
    shared: SharedSubscriptions,
    private readonly watcher: Watcher,
  ) {
    this.#subscriptions = shared.share(this);
  }

  follow(group: string): void {
    const channel = this.keyspace.channel(group);
    this.#groups.set(channel, group);
    this.#subscriptions.listen(channel);
  }

  close(): Promise<void> {
    return this.#subscriptions.close();
  }

  onListening(channels: readonly string[]): void {
    for (const channel of channels) this.watcher.onFollowing(this.#groups.get(channel)!);
  }

  onMessage(channel: string, message: string): void {
    const group = this.#groups.get(channel)!;
    const tags = this.#readTags(message, group);
    if (tags) return this.watcher.onInvalidated(tags);
    // It may have named any tag of the group. The next one is heard as this one was.
    const isOurs = message === WHOLE_GROUP;
    this.watcher.onLost(
      [group],
      isOurs ? undefined : new Error(`a message in ${channel} that evercache did not publish`),
    );
    this.watcher.onFollowing(group);
  }

  onLost(channels: readonly string[], error: unknown): void {
    this.watcher.onLost(
      channels.map((channel) => this.#groups.get(channel)!),
      error,
    );
  }

  onHeard(moment: number): void {
    this.watcher.onHeard(moment);
  }

  /** Null where the message is none of evercache's. */
  #readTags(message: string, group: string): Tag[] | null {
    let keys: unknown;
    try {
      keys = JSON.parse(message);
    } catch {
      return null;
    }
    if (!Array.isArray(keys) || keys.length === 0) return null;
    const tags: Tag[] = [];
    for (const key of keys as readonly unknown[]) {
      const tag = typeof key === "string" ? this.keyspace.readTagKey(key, group) : null;
      if (tag === null || tagGroup(tag) !== group) return null;
      tags.push(tag);
    }
    return tags;
  }
}
