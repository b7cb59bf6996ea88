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
/** Milliseconds that somebody waits who cannot be told. */
const UNTOLD = 25;
/** Milliseconds that the first to wait gives the channel to open: less than a read waits for the store. */
const OPENING = 30;

/**
 * Leases in Redis. Who frees one tells those who wait in a channel of each process, which is opened when the first waits. In
 * doubt they are told that nothing is known, and ask again.
 */
export class RedisLeases implements ChannelListener {
  readonly #channel: string;
  readonly #inbox = randomTokenBits();
  readonly #waiting = new Map<string, OnFreed[]>();
  #subscriptions: Subscriptions | undefined;
  #isListening = false;
  #onListening: (() => void)[] = [];

  constructor(
    private readonly keyspace: Keyspace,
    private readonly servers: Servers,
  ) {
    this.#channel = keyspace.inbox(this.#inbox);
  }

  async acquire(name: string, holder: string, ttl: number, onFreed?: OnFreed): Promise<number> {
    const key = this.#key(name);
    const isTold = onFreed !== undefined && (await this.#listen());
    if (isTold) this.#wait(key, onFreed);
    const inbox = isTold ? this.#inbox : "";
    let remaining = 0;
    try {
      await this.servers.run([key], [[0]], async ({ client }) => {
        remaining = readRemaining(await runScript(client, acquireScript, [key], [holder, ttl, inbox]));
      });
    } catch (error) {
      if (isTold) this.#stopWaiting(key, onFreed);
      throw error;
    }
    if (isTold && remaining === 0) this.#stopWaiting(key, onFreed);
    if (!isTold && onFreed && remaining > 0) setTimeout(() => onFreed(null), UNTOLD).unref();
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
    const waiting = this.#onListening;
    this.#onListening = [];
    for (const tell of waiting) tell();
  }

  onMessage(_channel: string, message: string): void {
    const at = message.indexOf(" ");
    this.#freed(message.slice(0, at), message.slice(at + 1));
  }

  onLost(): void {
    this.#isListening = false;
    for (const key of this.#waiting.keys()) this.#freed(key, null);
  }

  onHeard(): void {
    // Who is told too late only waits a little longer.
  }

  async close(): Promise<void> {
    await this.#subscriptions?.close();
    this.onLost();
  }

  #key(name: string): string {
    return this.keyspace.leaseKey(createHash("sha256").update(name).digest("base64url"));
  }

  /** Whether messages come. */
  async #listen(): Promise<boolean> {
    if (this.#isListening) return true;
    if (!this.#subscriptions) {
      this.#subscriptions = this.servers.subscribe(this, HEARTBEAT);
      this.#subscriptions.listen(this.#channel);
    }
    let timer: NodeJS.Timeout;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, OPENING);
      this.#onListening.push(resolve);
    });
    clearTimeout(timer!);
    return this.#isListening;
  }

  #wait(key: string, onFreed: OnFreed): void {
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.push(onFreed);
    else this.#waiting.set(key, [onFreed]);
  }

  #stopWaiting(key: string, onFreed: OnFreed): void {
    const rest = this.#waiting.get(key)?.filter((each) => each !== onFreed) ?? [];
    if (rest.length > 0) this.#waiting.set(key, rest);
    else this.#waiting.delete(key);
  }

  #freed(key: string, note: string | null): void {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const tell of waiting) tell(note);
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
