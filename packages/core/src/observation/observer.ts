import { EvercacheError } from "../errors.js";
import type { Hearing, Store } from "../store/store.js";
import { randomTokenBits } from "../token.js";
import { EventStream, type EventStreamListener } from "./event-stream.js";
import { REQUESTS } from "./message.js";
import type { ProcessInfo } from "./process-info.js";
import { readReply, type ObservationReply, type ObservedStats } from "./reply.js";
import { spellRequest, type EventWishes, type ObservationRequest } from "./request.js";

/** What one process answered. */
export interface ProcessStats {
  readonly process: ProcessInfo;
  readonly stats: ObservedStats;
  /** Models and queries that are not in `stats`, since there was no room for them. */
  readonly leftOut: number;
}

/** What all processes answered. */
export interface StatsRound {
  /** By host and process. */
  readonly answers: readonly ProcessStats[];
  /** How many heard the question. More than have answered: some are busy, or have another version of evercache. */
  readonly asked: number;
}

interface Round {
  readonly answers: Map<string, ProcessStats>;
  settle(): void;
}

/**
 * Asks the processes of a namespace what they do, over the store that they share. Those answer whose cache has the option
 * `observable` and was used. It hears nothing that it has not asked for.
 */
export class Observer {
  readonly #topic = randomTokenBits();
  readonly #rounds = new Map<number, Round>();
  readonly #streams = new Set<EventStream>();
  readonly #hearing: Hearing;
  #lastRound = 0;
  #opened: { resolve(): void; reject(error: unknown): void } | undefined;
  readonly #opening: Promise<void>;

  /** @throws EvercacheError `INVALID_OPTION` for a store by which processes cannot speak to each other */
  constructor(private readonly store: Pick<Store, "hear" | "say">) {
    if (!store.hear || !store.say) {
      throw new EvercacheError(
        "INVALID_OPTION",
        "This store has no way to ask other processes: it has no hear and say.",
      );
    }
    this.#opening = new Promise((resolve, reject) => (this.#opened = { resolve, reject }));
    this.#opening.catch(() => {});
    this.#hearing = store.hear(this.#topic, {
      onHearing: () => this.#opened?.resolve(),
      onMessage: (text) => this.#hear(text),
      onLost: (error) => this.#opened?.reject(error),
    });
  }

  /** Resolves once answers can be heard. Rejects where the store refuses that. */
  ready(): Promise<void> {
    return this.#opening;
  }

  /**
   * What all processes have counted; of so many `queries` of each kind too, 50 at most, where that is above 0. Resolves when all who have heard the question have answered, or after `patience` milliseconds.
   * Rejects where the store cannot be asked.
   */
  async stats(patience: number, queries = 0): Promise<StatsRound> {
    const number = ++this.#lastRound;
    const answers = new Map<string, ProcessStats>();
    let asked = Infinity;
    const isOver = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      const settle = (): void => {
        if (answers.size < asked) return;
        clearTimeout(timer);
        resolve();
      };
      this.#rounds.set(number, { answers, settle });
    });
    try {
      asked = await this.#ask({ ask: "stats", reply: this.#topic, round: number, queries });
      this.#rounds.get(number)!.settle();
      await isOver;
    } finally {
      this.#rounds.delete(number);
    }
    return { asked, answers: [...answers.values()].sort((a, b) => compare(a.process, b.process)) };
  }

  /** What happens from now on, until it is closed. One at a time. */
  events(wishes: Omit<EventWishes, "time">, listener: EventStreamListener): EventStream {
    const stream: EventStream = new EventStream({
      listener,
      ask: (time) => this.#ask({ ask: "events", reply: this.#topic, ...wishes, time }),
      end: async () => {
        this.#streams.delete(stream);
        await this.#ask({ ask: "end", reply: this.#topic });
      },
    });
    // Answers may come within the call.
    this.#streams.add(stream);
    stream.begin();
    return stream;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    await this.#hearing.close();
  }

  #ask(request: ObservationRequest): Promise<number> {
    return this.store.say!(REQUESTS, spellRequest(request));
  }

  #hear(text: string): void {
    const reply: ObservationReply | null = readReply(text);
    if (!reply) return;
    if (reply.tell !== "stats") {
      for (const stream of this.#streams) stream.take(reply);
      return;
    }
    const round = this.#rounds.get(reply.round);
    if (!round) return;
    const { process, stats, leftOut } = reply;
    round.answers.set(process.id, { process, stats, leftOut });
    round.settle();
  }
}

function compare(a: ProcessInfo, b: ProcessInfo): number {
  return a.host.localeCompare(b.host) || a.pid - b.pid || a.id.localeCompare(b.id);
}
