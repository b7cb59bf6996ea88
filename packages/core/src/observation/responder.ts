import type { CacheEventListener } from "../events.js";
import type { Hearer } from "../store/store.js";
import { Allowance } from "./allowance.js";
import { boundStats } from "./bounded-stats.js";
import { EventBatch } from "./event-batch.js";
import type { ProcessInfo } from "./process-info.js";
import { LONGEST_REPLY, spellReply, type ObservationReply, type ObservedStats } from "./reply.js";
import { readRequest, type EventWishes } from "./request.js";

export interface ResponderOptions {
  readonly process: ProcessInfo;
  readonly say: (topic: string, text: string) => Promise<number>;
  /** `queries`: of so many of each kind, too. */
  readonly stats: (queries: number) => ObservedStats;
  /** Called only while somebody observes, and only once at a time. */
  readonly listen: (listener: CacheEventListener) => () => void;
  /** The process cannot be observed, for this reason. */
  readonly refused: (error: unknown) => void;
  readonly now: () => number;
  /** A clock that never jumps. */
  readonly monotonicNow: () => number;
}

/** Tools that are told events at a time. */
const MOST_OBSERVERS = 4;
/** Requests a second that are read, and that are answered with all counts. */
const REQUESTS_PER_SECOND = 50;
const STATS_PER_SECOND = 10;
const BATCHES_PER_SECOND = 4;

interface Observation {
  readonly batch: EventBatch;
  /** By the monotonic clock. */
  until: number;
  isTelling: boolean;
}

/** Answers those who want to know what this process does. While nobody does, it only hears that nobody asks. */
export class Responder implements Hearer {
  /** By the topics where they are told. */
  readonly #observations = new Map<string, Observation>();
  readonly #requests = new Allowance(REQUESTS_PER_SECOND);
  readonly #stats = new Allowance(STATS_PER_SECOND);
  #ending: (() => void) | undefined;
  #hasHeard = false;

  constructor(private readonly options: ResponderOptions) {}

  onHearing(): void {
    this.#hasHeard = true;
  }

  onLost(error?: unknown): void {
    // Where the connection is lost, so are those who observe: they ask again.
    if (!this.#hasHeard && error !== undefined) this.options.refused(error);
  }

  onMessage(text: string): void {
    if (!this.#requests.take(this.options.monotonicNow())) return;
    const request = readRequest(text);
    switch (request?.ask) {
      case undefined:
        return;
      case "stats":
        return this.#answer(request.reply, request.round, request.queries);
      case "events":
        return this.#observe(request.reply, request);
      case "end":
        return this.#end(request.reply);
      default:
        return request satisfies never;
    }
  }

  /** Nobody is told anything from now on. */
  close(): void {
    for (const reply of this.#observations.keys()) this.#end(reply);
  }

  #answer(topic: string, round: number, queries: number): void {
    if (!this.#stats.take(this.options.monotonicNow())) return;
    const { stats, leftOut } = boundStats(this.options.stats(queries), LONGEST_REPLY / 2);
    void this.#say(topic, { tell: "stats", process: this.options.process, round, stats, leftOut });
  }

  #observe(topic: string, wishes: EventWishes): void {
    const until = this.options.monotonicNow() + wishes.time;
    const known = this.#observations.get(topic);
    if (known) {
      known.until = until;
      known.batch.wishes = wishes;
    } else if (this.#observations.size >= MOST_OBSERVERS) {
      void this.#say(topic, { tell: "busy", process: this.options.process });
      return;
    } else {
      const batch = new EventBatch(wishes, BATCHES_PER_SECOND);
      this.#observations.set(topic, { batch, until, isTelling: false });
      this.#ending ??= this.#begin();
    }
    void this.#say(topic, { tell: "listening", process: this.options.process });
  }

  #begin(): () => void {
    const { listen, now } = this.options;
    const stop = listen((event) => {
      const at = Math.round(now());
      for (const { batch } of this.#observations.values()) batch.add(event, at);
    });
    const timer = setInterval(() => this.#tellAll(), 1000 / BATCHES_PER_SECOND);
    timer.unref();
    return () => {
      clearInterval(timer);
      stop();
    };
  }

  #end(topic: string): void {
    if (!this.#observations.delete(topic) || this.#observations.size > 0) return;
    this.#ending?.();
    this.#ending = undefined;
  }

  #tellAll(): void {
    const now = this.options.monotonicNow();
    for (const [topic, observation] of this.#observations) {
      if (now >= observation.until) this.#end(topic);
      else void this.#tell(topic, observation);
    }
  }

  /** One batch at a time: a store that does not take them has none to keep. */
  async #tell(topic: string, observation: Observation): Promise<void> {
    if (observation.isTelling) return;
    const batch = observation.batch.take();
    if (!batch) return;
    observation.isTelling = true;
    const heard = await this.#say(topic, { tell: "events", process: this.options.process, ...batch });
    observation.isTelling = false;
    if (heard === null) observation.batch.lost(batch);
    // Nobody is there any more. A tool whose connection was lost asks again.
    else if (heard === 0 && this.#observations.get(topic) === observation) this.#end(topic);
  }

  /** How many have heard it; null: the store could not be told. */
  async #say(topic: string, reply: ObservationReply): Promise<number | null> {
    try {
      return await this.options.say(topic, spellReply(reply));
    } catch {
      return null;
    }
  }
}
