import { createHash } from "node:crypto";
import { randomTokenBits } from "@evercache/core";
import type { Keyspace } from "./keyspace.js";
import { runScript } from "./run-script.js";
import { acquireScript, freeScript } from "./scripts.generated.js";
import { UnfitServerError } from "./server-error.js";
import type { Servers, Session } from "./servers.js";
import { publishCommand, type ChannelListener, type Subscriptions } from "./subscriptions.js";

type OnFreed = (note: string | null) => void;

/** Milliseconds between two questions whether all messages have come. */
const HEARTBEAT = 500;
/** Milliseconds until somebody asks again who cannot be told: while the channel opens, and where it was lost or refused. */
const UNTOLD = 25;
const UNTOLD_FOR_LONG = 100;

interface Waiter {
  readonly tell: OnFreed;
  readonly timer: NodeJS.Timeout;
}

/**
 * Leases in Redis. Who frees one tells those who wait in a channel of each process, which is opened when the first waits. In
 * doubt they are told that nothing is known, and ask again.
 */
export class RedisLeases implements ChannelListener {
  readonly #channel: string;
  readonly #inbox = randomTokenBits();
  /** By the keys of leases. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  #subscriptions: Subscriptions | undefined;
  #isListening = false;
  #untold = UNTOLD;

  constructor(
    private readonly keyspace: Keyspace,
    private readonly servers: Servers,
  ) {
    this.#channel = keyspace.inbox(this.#inbox);
  }

  async acquire(name: string, holder: string, ttl: number, onFreed?: OnFreed): Promise<number> {
    const key = this.#key(name);
    // Before it is asked for: the message may come before the answer.
    const waiter = onFreed && this.#isListening ? this.#wait(key, onFreed, ttl) : null;
    const inbox = waiter ? this.#inbox : "";
    let remaining = 0;
    try {
      await this.servers.run([key], [[0]], async ({ client }) => {
        remaining = readRemaining(await runScript(client, acquireScript, [key], [holder, ttl, inbox]));
      });
    } catch (error) {
      if (waiter) this.#forget(key, waiter);
      throw error;
    }
    if (remaining === 0) {
      if (waiter) this.#forget(key, waiter);
    } else if (onFreed && !waiter) {
      this.#listen();
      setTimeout(onFreed, this.#untold, null).unref();
    }
    return remaining;
  }

  async free(name: string, holder: string, note: string): Promise<void> {
    const key = this.#key(name);
    await this.servers.run([key], [[0]], async ({ client }) => {
      const inboxes = await runScript(client, freeScript, [key], [holder]);
      if (!Array.isArray(inboxes)) throw new UnfitServerError("a lease was not answered with who waits for it");
      await Promise.all((inboxes as readonly unknown[]).map((inbox) => this.#tell(String(inbox), key, note)));
    });
  }

  onListening(): void {
    this.#isListening = true;
    this.#untold = UNTOLD;
  }

  onMessage(_channel: string, message: string): void {
    const at = message.indexOf(" ");
    this.#freed(message.slice(0, at), message.slice(at + 1));
  }

  onLost(): void {
    this.#isListening = false;
    this.#untold = UNTOLD_FOR_LONG;
    for (const key of this.#waiting.keys()) this.#freed(key, null);
  }

  onHeard(): void {
    // Who is told too late only waits a little longer.
  }

  async close(): Promise<void> {
    this.onLost();
    await this.#subscriptions?.close();
  }

  #key(name: string): string {
    return this.keyspace.leaseKey(createHash("sha256").update(name).digest("base64url"));
  }

  /** The first to wait opens the channel, and does not wait for it. */
  #listen(): void {
    if (this.#subscriptions) return;
    this.#subscriptions = this.servers.subscribe(this, HEARTBEAT);
    this.#subscriptions.listen(this.#channel);
  }

  /** Nobody tells of a holder who has died: whoever waits is forgotten when the lease is over. */
  #wait(key: string, tell: OnFreed, ttl: number): Waiter {
    const waiter: Waiter = { tell, timer: setTimeout(() => this.#forget(key, waiter), ttl) };
    waiter.timer.unref();
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.add(waiter);
    else this.#waiting.set(key, new Set([waiter]));
    return waiter;
  }

  #forget(key: string, waiter: Waiter): void {
    clearTimeout(waiter.timer);
    const waiting = this.#waiting.get(key);
    waiting?.delete(waiter);
    if (waiting?.size === 0) this.#waiting.delete(key);
  }

  #freed(key: string, note: string | null): void {
    for (const waiter of this.#waiting.get(key) ?? []) {
      this.#forget(key, waiter);
      waiter.tell(note);
    }
  }

  async #tell(inbox: string, key: string, note: string): Promise<void> {
    const channel = this.keyspace.inbox(inbox);
    const command = publishCommand(this.servers.sharding);
    const publish = async ({ client }: Session): Promise<void> => {
      await client.call(command, [channel, `${key} ${note}`]);
    };
    await this.servers.run([channel], [[0]], publish);
  }
}

function readRemaining(reply: unknown): number {
  if (typeof reply === "number") return reply;
  throw new UnfitServerError("a lease was not answered with for how long it is taken");
}
