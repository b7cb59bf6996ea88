import { channel } from "node:diagnostics_channel";
import { inspect } from "node:util";
import type { CacheEvent, CacheEventListener, ListenOptions } from "./events.js";
import { L1_TIER } from "./l1/l1.js";

/**
 * The `node:diagnostics_channel` on which every cache of this process publishes its events, as `EventMessage`. Whoever
 * subscribes must not throw: Node makes an uncaught exception of it.
 */
export const EVENT_CHANNEL = "evercache:event";

export interface EventMessage {
  /** Which cache it is: the `namespace` option. */
  readonly namespace: string;
  readonly event: CacheEvent;
}

const everybody = channel(EVENT_CHANNEL);

/**
 * Hands each event to its listeners, and to those of the channel. A listener that throws is not called back into the read or
 * write that reported. A warning that no listener of `on` is told, and no log, is printed, once.
 */
export class EventHub {
  readonly #listeners = new Set<CacheEventListener>();
  readonly #observers = new Set<CacheEventListener>();
  readonly #meters = new Set<CacheEventListener>();
  readonly #logs = new Set<CacheEventListener>();
  readonly #printed = new Set<string>();

  constructor(private readonly namespace: string) {}

  on(listener: CacheEventListener, { meter = false }: ListenOptions = {}): () => void {
    const listeners = meter ? this.#meters : this.#listeners;
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** As `on`, for who looks on from afar: warnings are not for it, and are printed all the same. */
  observe(listener: CacheEventListener): () => void {
    this.#observers.add(listener);
    return () => void this.#observers.delete(listener);
  }

  /** As `on`, for who wants no hits: these cost nothing for it, and nothing is measured. */
  onAllButHits(listener: CacheEventListener): () => void {
    this.#logs.add(listener);
    return () => void this.#logs.delete(listener);
  }

  /** False: nobody listens who wants hits, or how long things take. */
  get isHeard(): boolean {
    return this.#meters.size > 0 || this.isHeardInFull;
  }

  /** Somebody listens who is told of hits in process memory too for which nobody was asked. */
  get isHeardInFull(): boolean {
    return this.#listeners.size + this.#observers.size > 0 || everybody.hasSubscribers;
  }

  emit(event: CacheEvent): void {
    // Who subscribes to the channel may be counting.
    if (event.type === "warning" && this.#listeners.size + this.#logs.size === 0)
      this.#print(event.code, event.message);
    for (const listener of this.#listeners) tell(listener, event);
    for (const observer of this.#observers) tell(observer, event);
    if (event.type !== "hit") for (const log of this.#logs) tell(log, event);
    if (!isInstant(event)) for (const meter of this.#meters) tell(meter, event);
    if (everybody.hasSubscribers) everybody.publish({ namespace: this.namespace, event } satisfies EventMessage);
  }

  #print(code: string, message: string): void {
    if (this.#printed.has(code)) return;
    this.#printed.add(code);
    process.emitWarning(message, { type: "EvercacheWarning", code });
  }
}

/** A hit in process memory that asked nobody. */
function isInstant(event: CacheEvent): boolean {
  return event.type === "hit" && event.tier === L1_TIER && event.milliseconds === undefined;
}

function tell(listener: CacheEventListener, event: CacheEvent): void {
  try {
    listener(event);
  } catch (error) {
    // An observer's mistake must not fail the application's query; it must not be hidden either.
    process.emitWarning(error instanceof Error ? error : inspect(error));
  }
}
