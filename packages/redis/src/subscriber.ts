import type { Client } from "./client.js";
import type { Connection } from "./connection.js";
import { isUnfit, UnfitServerError } from "./server-error.js";
import type { ChannelListener, Sharding, Subscriptions } from "./subscriptions.js";

/** The connection on which a server is asked everything else. */
export interface Lead {
  /** The incarnation of the server; null while there is no connection. */
  readonly epoch: string | null;
  /** Learns it anew. */
  probe(): Promise<void>;
}

export interface SubscriberOptions {
  /** Makes the connection. `adopt` is given each client that has been connected, before it is used. */
  readonly connect: (adopt: (client: Client) => void, onEpoch: () => void) => Connection;
  readonly lead: Lead;
  readonly listener: ChannelListener;
  /** Milliseconds between two questions whether everything has come. */
  readonly heartbeat: number;
  readonly sharding: Sharding;
  /** The last thing that is heard of it. */
  readonly onClose: () => void;
}

/** Options of ioredis for a connection that subscribes: all versions of it speak RESP2, in which a reply keeps its place. */
export const SUBSCRIBER_OPTIONS = { protocol: 2, autoResubscribe: false } as const;

/** Milliseconds that an answer may take: four heartbeats, within these bounds. */
const LEAST_PATIENCE = 250;
const MOST_PATIENCE = 2_000;

/** Milliseconds until channels are asked for again that the server refused. */
const REFUSED_PAUSE = 1_000;

const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

/**
 * Listens to channels of one server, over a connection of its own. It listens only while that connection leads to the same
 * incarnation as the lead: a subscriber that hangs on to an old primary hears nothing of what others tell the new one.
 *
 * The answers of one connection come in order. So the answer to a PING says that everything which was published before
 * the server came to it has been told. Where anything is out of the ordinary, all channels are lost, and the connection
 * is made anew.
 */
export class Subscriber implements Subscriptions {
  readonly #connection: Connection;
  readonly #patience: number;
  readonly #beating: NodeJS.Timeout;
  /** To listen to. */
  readonly #channels = new Set<string>();
  /** Of those, which have not been asked for yet. */
  readonly #fresh = new Set<string>();
  /** Of those, which are listened to. */
  readonly #listening = new Set<string>();
  /** By which it listens; null while it does not. A client that has subscribed is never used for another beginning. */
  #client: Client | null = null;
  /** When the questions were asked that have no answer yet. No more than the patience has heartbeats. */
  #unanswered: number[] = [];
  #questions = 0;
  #isComparing = false;
  #mismatches = 0;
  #isClosed = false;

  constructor(private readonly options: SubscriberOptions) {
    this.#patience = Math.min(MOST_PATIENCE, Math.max(LEAST_PATIENCE, 4 * options.heartbeat));
    this.#beating = setInterval(() => this.#beat(), options.heartbeat);
    this.#beating.unref();
    this.#connection = options.connect(
      (client) => this.#adopt(client),
      () => this.judge(),
    );
    this.#connection.onStatus((_, error) => this.judge(error));
  }

  /** How many channels are listened to just now. */
  get listening(): number {
    return this.#listening.size;
  }

  /** How many it is to listen to. */
  get size(): number {
    return this.#channels.size;
  }

  listen(channel: string): void {
    if (this.#channels.has(channel)) return;
    this.#channels.add(channel);
    if (this.#client === null) return;
    if (this.#fresh.size === 0) queueMicrotask(() => this.#askForFresh());
    this.#fresh.add(channel);
  }

  /** Listens to `channel` no more: it is lost. */
  forget(channel: string, error: unknown): void {
    if (!this.#channels.delete(channel) || this.#client === null) return;
    if (!this.#fresh.delete(channel)) this.#lose(error);
  }

  /** Compares this connection with the lead. To be called whenever something has changed there. */
  judge(error?: unknown): void {
    if (this.#isClosed) return;
    const { epoch } = this.#connection;
    const lead = this.options.lead.epoch;
    const isFit = epoch !== null && epoch === lead;
    if (this.#client !== null) {
      if (!isFit || this.#connection.client !== this.#client) this.#lose(error ?? new Error("the server has changed"));
    } else if (isFit) {
      this.#begin();
    } else if (epoch !== null && lead !== null) {
      void this.#compare();
    }
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      clearInterval(this.#beating);
      this.#forgetAll();
      this.options.onClose();
    }
    await this.#connection.close();
  }

  /** As `close`, and tells that the channels are lost. */
  async end(error: unknown): Promise<void> {
    this.#lose(error);
    await this.close();
  }

  #adopt(client: Client): void {
    const lose = (error: unknown) => {
      if (client === this.#client) this.#lose(error);
    };
    const event = this.options.sharding === "sharded" ? "smessage" : "message";
    client.on(event, (channel, message) => {
      if (client === this.#client) this.#hear(channel, message);
    });
    // A server that hands a slot over ends the subscriptions there without being asked. Some versions of ioredis tell so;
    // others take it for the answer to a question, which is noticed there, or for one to none, which is an error.
    client.on("moved", () => lose(new Error("the slot was moved to another server")));
    client.on("error", lose);
  }

  #begin(): void {
    this.#client = this.#connection.client;
    this.#fresh.clear();
    for (const channel of this.#channels) this.#fresh.add(channel);
    this.#askForFresh();
  }

  #askForFresh(): void {
    const channels = [...this.#fresh];
    this.#fresh.clear();
    if (channels.length > 0) void this.#subscribe(channels);
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    const command = this.options.sharding === "sharded" ? "ssubscribe" : "subscribe";
    // One command for each, since those of a cluster differ in their slots.
    const asked = Promise.allSettled(channels.map(async (channel) => client.call(command, [channel])));
    // The answer to a question that came after them: what ioredis takes for the answer to one of them may be none.
    const heard = await this.#question(client);
    if (heard === null) return;
    const answers = await asked;
    if (client !== this.#client) return;
    const refused: string[] = [];
    let reason: unknown;
    for (const [i, answer] of answers.entries()) {
      const channel = channels[i]!;
      if (answer.status === "fulfilled") this.#listening.add(channel);
      else if (isUnfit(answer.reason)) return this.#lose(answer.reason);
      else {
        refused.push(channel);
        reason = explain(answer.reason, command, channel);
      }
    }
    this.#mismatches = 0;
    const listening = channels.filter((channel) => this.#listening.has(channel));
    if (listening.length > 0) {
      this.options.listener.onListening(listening);
      this.#tellHeard(client, heard);
    }
    if (refused.length > 0) this.#refuse(refused, reason);
  }

  #refuse(channels: readonly string[], reason: unknown): void {
    const timer = setTimeout(() => {
      void this.#subscribe(channels.filter((channel) => this.#channels.has(channel) && !this.#listening.has(channel)));
    }, REFUSED_PAUSE);
    timer.unref();
    this.options.listener.onLost(channels, reason);
  }

  #beat(): void {
    const client = this.#client;
    if (client === null) return;
    const oldest = this.#unanswered[0];
    if (oldest !== undefined && performance.now() - oldest > this.#patience) {
      return this.#lose(new Error(`the server did not answer within ${this.#patience} ms`));
    }
    if (this.#listening.size === 0) return;
    void this.#question(client).then((heard) => {
      if (heard !== null) this.#tellHeard(client, heard);
    });
  }

  #tellHeard(client: Client, moment: number): void {
    if (client === this.#client) this.options.listener.onHeard(moment);
  }

  /** The moment in which the question was asked, when it has been answered in time; null if nothing can be said any more. */
  async #question(client: Client): Promise<number | null> {
    const asked = performance.now();
    const text = String(this.#questions++);
    this.#unanswered.push(asked);
    try {
      const reply = await client.call("ping", [text]);
      if (client !== this.#client) return null;
      this.#unanswered.shift();
      if (!isPong(reply, text)) throw new UnfitServerError("the answer to PING is none");
      // One that comes so late may be of a server that was frozen while another took its place.
      if (performance.now() - asked <= this.#patience) return asked;
      throw new Error(`the server did not answer within ${this.#patience} ms`);
    } catch (error) {
      if (client === this.#client) this.#lose(error);
      return null;
    }
  }

  #hear(channel: string, message: string): void {
    if (this.#listening.has(channel)) this.options.listener.onMessage(channel, message);
    // Asked for a moment ago: nothing was promised yet.
    else if (!this.#channels.has(channel))
      this.#lose(new UnfitServerError("a message of a channel that nobody asked for"));
  }

  #lose(error: unknown): void {
    const client = this.#client;
    const lost = this.#forgetAll();
    if (client !== null) this.#connection.giveUp(client, error);
    if (lost.length > 0) this.options.listener.onLost(lost, error);
  }

  #forgetAll(): string[] {
    const lost = [...this.#listening];
    this.#client = null;
    this.#unanswered = [];
    this.#fresh.clear();
    this.#listening.clear();
    return lost;
  }

  /** One of the two connections may not have heard of a failover yet, or has been told of it by another configuration. */
  async #compare(): Promise<void> {
    if (this.#isComparing) return;
    this.#isComparing = true;
    // This client has not subscribed yet, so that it may ask.
    await Promise.allSettled([this.options.lead.probe(), this.#connection.probe()]);
    const { client, epoch } = this.#connection;
    const lead = this.options.lead.epoch;
    if (client === null || lead === null || epoch === lead) {
      this.#isComparing = false;
      return;
    }
    const pause = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** this.#mismatches++);
    const timer = setTimeout(() => {
      this.#isComparing = false;
      if (this.#client === null) this.#connection.giveUp(client, new Error("the server is another one than before"));
    }, pause);
    timer.unref();
  }
}

/** While nothing is subscribed to, the answer is the text alone. */
function isPong(reply: unknown, text: string): boolean {
  if (reply === text) return true;
  return Array.isArray(reply) && reply.length === 2 && reply[0] === "pong" && reply[1] === text;
}

/** A refusal in words that say what to grant. */
function explain(error: unknown, command: string, channel: string): unknown {
  if (!(error instanceof Error) || !error.message.startsWith("NOPERM")) return error;
  const channels = channel.slice(0, channel.lastIndexOf("{") + 1);
  const text =
    "evercache may not listen to what other processes tell. Grant the user of its connection the commands " +
    `+${command} +ping and the channels &${channels}*`;
  return new Error(text, { cause: error });
}
