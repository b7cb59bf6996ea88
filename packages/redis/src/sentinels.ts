import { StoreUnavailableError } from "@evercache/core";
import type { Address, Client } from "./client.js";
import type { SentinelOptions } from "./options.js";
import { UnfitServerError } from "./server-error.js";
import { firstAnswers, type Patience } from "./first-answers.js";
import { notIntroduced } from "./introduction.js";
import { WatchedConnection } from "./watched-connection.js";

export interface SentinelsOptions extends SentinelOptions {
  readonly random: () => number;
  /** A sentinel told that a server was promoted, and where that is if it said so. */
  readonly onSwitch: (promoted: Address | null) => void;
  /** What a sentinel tells may have been missed. */
  readonly onDoubt: () => void;
}

/** Which server is the primary, in the eyes of one sentinel. */
export interface Opinion {
  readonly address: Address;
  /** Grows with each failover. https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#configuration-epochs */
  readonly epoch: number;
}

/** Told by the leader of a failover when the new primary is one; and by each sentinel when it has heard of it. */
const CHANNELS = ["+promoted-slave", "+switch-master"];

const SENTINEL_PORT = 26_379;

const PATIENCE: Patience = { afterFirst: 300, atMost: 2_000 };

/** The sentinels that watch a primary, asked and listened to over connections of their own. */
export class Sentinels {
  readonly #asked: readonly WatchedConnection<Opinion>[];
  readonly #heard: readonly WatchedConnection<unknown>[];

  constructor(private readonly options: SentinelsOptions) {
    const { sentinels, openSentinel, random, name } = options;
    const addresses = sentinels.map(({ host, port }) => ({ host: host ?? "127.0.0.1", port: port ?? SENTINEL_PORT }));
    const open = (address: Address) => () => openSentinel(address);
    this.#asked = addresses.map(
      (address) =>
        new WatchedConnection(
          { open: open(address), introduce: notIntroduced, prepare: async () => {}, random },
          (client) => askOpinion(client, name),
        ),
    );
    this.#heard = addresses.map((address) => {
      const prepare = async (client: Client) => {
        client.on("message", (channel, message) => this.#hear(channel, message));
        await client.call("subscribe", CHANNELS);
      };
      return new WatchedConnection({ open: open(address), introduce: notIntroduced, prepare, random }, (client) =>
        client.call("ping", []),
      );
    });
    for (const { connection } of this.#heard) {
      connection.onStatus((status) => {
        if (status === "ready") options.onDoubt();
      });
    }
  }

  /** Where the primary is, in the newest configuration that a sentinel knows. */
  async primary(): Promise<Address> {
    return this.options.natMap((await this.#newest()).address);
  }

  /**
   * The configuration epoch under which the primary is at `address`. Rejects with UnfitServerError if it is elsewhere by
   * now, with StoreUnavailableError if no sentinel answers.
   */
  async confirm(address: Address): Promise<number> {
    // One that is heard no more is noticed so.
    for (const heard of this.#heard) heard.ask().catch(() => {});
    const newest = await this.#newest();
    const { host, port } = this.options.natMap(newest.address);
    if (host === address.host && port === address.port) return newest.epoch;
    throw new UnfitServerError("The sentinels have promoted another server.");
  }

  async close(): Promise<void> {
    await Promise.all([...this.#asked, ...this.#heard].map((sentinel) => sentinel.close()));
  }

  async #newest(): Promise<Opinion> {
    const opinions = await firstAnswers(
      this.#asked.map((sentinel) => sentinel.ask()),
      PATIENCE,
    );
    const newest = newestOpinion(opinions);
    if (!newest) throw new StoreUnavailableError(`no sentinel tells where ${this.options.name} is`);
    return newest;
  }

  #hear(channel: string, message: string): void {
    if (!message.split(" ").includes(this.options.name)) return;
    const promoted = readPromoted(channel, message);
    this.options.onSwitch(promoted && this.options.natMap(promoted));
  }
}

/**
 * `<name> <old host> <old port> <host> <port>`, or `slave <id> <host> <port> @ <name> …`.
 * https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#pubsub-messages
 */
export function readPromoted(channel: string, message: string): Address | null {
  const words = message.split(" ");
  const [host, port] = channel === "+switch-master" ? words.slice(3, 5) : words.slice(2, 4);
  return host && Number(port) > 0 ? { host, port: Number(port) } : null;
}

export function newestOpinion(opinions: readonly Opinion[]): Opinion | undefined {
  return [...opinions].sort((one, other) => other.epoch - one.epoch)[0];
}

async function askOpinion(client: Client, name: string): Promise<Opinion> {
  const [address, primary] = await Promise.all([
    client.call("SENTINEL", ["GET-MASTER-ADDR-BY-NAME", name]),
    client.call("SENTINEL", ["MASTER", name]),
  ]);
  if (!Array.isArray(address) || !Array.isArray(primary)) {
    throw new UnfitServerError(`the sentinel knows no primary named ${name}`);
  }
  const [host, port] = address as [string, string];
  const epoch = Number(primary[primary.indexOf("config-epoch") + 1]);
  return { address: { host, port: Number(port) }, epoch };
}
