import type { ObservedEvent } from "./observed-event.js";
import type { ProcessInfo } from "./process-info.js";
import type { ObservationReply } from "./reply.js";

/** Who sees what happens. */
export interface EventStreamListener {
  /** In the order in which this process reported them. `leftOut`: how many more there were, too many to tell. */
  onEvents(process: ProcessInfo, events: readonly ObservedEvent[], leftOut: number): void;
  /** Who tells events, and who does not since too many observe it already, has changed. */
  onProcesses(telling: readonly ProcessInfo[], busy: readonly ProcessInfo[]): void;
  /** The store cannot be asked just now. It will be again. */
  onError(error: unknown): void;
}

export interface EventStreamOptions {
  readonly listener: EventStreamListener;
  /** Asks all for so many milliseconds of events. */
  readonly ask: (time: number) => Promise<number>;
  readonly end: () => Promise<unknown>;
}

/** For how long events are asked for, and how often again: a tool that dies is told nothing 5 s later. */
const TIME = 5_000;
const RENEWAL = 1_500;

type Answer = "listening" | "busy";

/** The events of all processes, for as long as they are asked for. */
export class EventStream {
  readonly #processes = new Map<string, { process: ProcessInfo; answer: Answer; renewals: number }>();
  #timer: NodeJS.Timeout | undefined;
  #renewals = 0;
  #isClosed = false;

  constructor(private readonly options: EventStreamOptions) {}

  begin(): void {
    this.#timer = setInterval(() => this.#renew(), RENEWAL);
    this.#renew();
  }

  /** Those that tell events. */
  get telling(): readonly ProcessInfo[] {
    return this.#answered("listening");
  }

  /** What the observer has heard. */
  take(reply: Exclude<ObservationReply, { tell: "stats" }>): void {
    if (this.#isClosed) return;
    switch (reply.tell) {
      case "events":
        return this.options.listener.onEvents(reply.process, reply.events, reply.leftOut);
      case "listening":
      case "busy":
        return this.#note(reply.process, reply.tell);
      default:
        return reply satisfies never;
    }
  }

  /** Ends it, and says so to those who tell. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    // Where that cannot be said, they notice.
    await this.options.end().catch(() => {});
  }

  #renew(): void {
    this.#renewals++;
    let hasChanged = false;
    for (const [id, { renewals }] of this.#processes) {
      // Two questions without an answer: it has ended.
      if (this.#renewals - renewals > 2) hasChanged = this.#processes.delete(id);
    }
    if (hasChanged) this.#tellProcesses();
    this.options.ask(TIME).catch((error: unknown) => {
      if (!this.#isClosed) this.options.listener.onError(error);
    });
  }

  #note(process: ProcessInfo, answer: Answer): void {
    const before = this.#processes.get(process.id);
    this.#processes.set(process.id, { process, answer, renewals: this.#renewals });
    if (before?.answer !== answer) this.#tellProcesses();
  }

  #tellProcesses(): void {
    this.options.listener.onProcesses(this.telling, this.#answered("busy"));
  }

  #answered(answer: Answer): ProcessInfo[] {
    return [...this.#processes.values()].filter((one) => one.answer === answer).map(({ process }) => process);
  }
}
