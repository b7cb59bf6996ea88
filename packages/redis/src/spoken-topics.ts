import type { Hearer, Hearing } from "@evercache/core";
import type { Keyspace } from "./keyspace.js";
import { UnfitServerError } from "./server-error.js";
import type { Servers } from "./servers.js";
import { SharedSubscriptions } from "./shared-subscriptions.js";
import { publishCommand, type ChannelListener, type Subscriptions } from "./subscriptions.js";

/** Milliseconds between two questions whether all messages have come, where nobody else asks on that connection. */
const HEARTBEAT = 1_000;

/** What processes of a namespace say to each other. */
export class SpokenTopics {
  constructor(
    private readonly keyspace: Keyspace,
    private readonly servers: Servers,
    /** The connection that is listened on already. */
    private readonly opened: () => SharedSubscriptions | undefined,
  ) {}

  hear(topic: string, hearer: Hearer): Hearing {
    const opened = this.opened();
    const shared = opened && !opened.isClosed ? opened : new SharedSubscriptions(this.servers, HEARTBEAT);
    const subscriptions: Subscriptions = shared.share(listenerOf(hearer));
    subscriptions.listen(this.keyspace.topic(topic));
    return { close: () => subscriptions.close() };
  }

  async say(topic: string, text: string): Promise<number> {
    const channel = this.keyspace.topic(topic);
    const command = publishCommand(this.servers.sharding);
    let hearers: unknown;
    await this.servers.run([channel], [[0]], async ({ client }) => {
      hearers = await client.call(command, [channel, text]);
    });
    if (typeof hearers === "number") return hearers;
    throw new UnfitServerError("a message was not answered with how many have heard it");
  }
}

function listenerOf(hearer: Hearer): ChannelListener {
  return {
    onListening: () => hearer.onHearing(),
    onMessage: (_, message) => hearer.onMessage(message),
    onLost: (_, error) => hearer.onLost(error),
    onHeard: () => {
      // Nobody waits for what was said.
    },
  };
}
