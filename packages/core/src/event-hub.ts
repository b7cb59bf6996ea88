import { channel } from "node:diagnostics_channel";
import { inspect } from "node:util";
import type { CacheEvent, CacheEventListener, HitsHeard, ListenOptions } from "./events.js";
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

interface Listening {
  readonly listener: CacheEventListener;
  readonly hits: HitsHeard;
  readonly takesWarnings: boolean;
}

/**
 * Hands each event to its listeners, and to those of the channel. What a listener throws, or rejects with, is printed, and
 * does nothing to the read or write that reported. A warning that no listener takes is printed, once: who subscribes to the channel may be counting.
 */
export class EventHub {
  readonly #listening = new Set<Listening>();
  readonly #wanting = { all: 0, asked: 0, none: 0 };
  readonly #printed = new Set<string>();
  #takingWarnings = 0;

  constructor(private readonly namespace: string) {}

  on(listener: CacheEventListener, { hits = "all", takesWarnings = true }: ListenOptions = {}): () => void {
    const listening = { listener, hits, takesWarnings };
    this.#listening.add(listening);
    this.#count(listening, 1);
    return () => {
      if (this.#listening.delete(listening)) this.#count(listening, -1);
    };
  }

  /** False: nobody listens who wants hits, or how long things take. */
  get isHeard(): boolean {
    return this.#wanting.asked > 0 || this.isHeardInFull;
  }

  /** Somebody listens who is told of hits in process memory too for which nobody was asked. */
  get isHeardInFull(): boolean {
    return this.#wanting.all > 0 || everybody.hasSubscribers;
  }

  emit(event: CacheEvent): void {
    if (event.type === "warning" && this.#takingWarnings === 0) this.#print(event.code, event.message);
    for (const { listener, hits } of this.#listening) if (isFor(hits, event)) tell(listener, event);
    if (everybody.hasSubscribers) everybody.publish({ namespace: this.namespace, event } satisfies EventMessage);
  }

  #count({ hits, takesWarnings }: Listening, change: 1 | -1): void {
    this.#wanting[hits] += change;
    if (takesWarnings) this.#takingWarnings += change;
  }

  #print(code: string, message: string): void {
    if (this.#printed.has(code)) return;
    this.#printed.add(code);
    process.emitWarning(message, { type: "EvercacheWarning", code });
  }
}

function isFor(hits: HitsHeard, event: CacheEvent): boolean {
  return event.type !== "hit" || hits === "all" || (hits === "asked" && !isInstant(event));
}

/** A hit in process memory that asked nobody. */
function isInstant(event: CacheEvent): boolean {
  return event.type === "hit" && event.tier === L1_TIER && event.milliseconds === undefined;
}

function tell(listener: CacheEventListener, event: CacheEvent): void {
  try {
    const answer: unknown = listener(event);
    if (answer instanceof Promise) answer.catch(printError);
  } catch (error) {
    printError(error);
  }
}

/** An observer's mistake must not fail the application's query; it must not be hidden either. */
function printError(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : inspect(error));
}
