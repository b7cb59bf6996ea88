import { AsyncLocalStorage } from "node:async_hooks";
import type { CacheEvent } from "../events.js";
import { logLine, type LogLine } from "./log-line.js";
import { isTold, type LogSink } from "./logger.js";

/** Milliseconds in which the same is said once. */
const PAUSE = 1000;

interface Said {
  readonly line: LogLine;
  readonly timer: NodeJS.Timeout;
  /** How often it would have been said since. */
  more: number;
}

/**
 * Writes events to a logger. Above `debug` the same is said once a second at most, and then how often it would have been: trouble
 * comes with each query.
 */
export class EventLog {
  readonly #said = new Map<string, Said>();
  /** Whatever query came first has nothing to do with what is said later. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly sink: LogSink,
    private readonly namespace: string,
  ) {}

  /** Hits are worth telling. */
  get isOfHits(): boolean {
    return this.sink.level === "debug";
  }

  tell(event: CacheEvent): void {
    const line = logLine(event);
    if (isTold(line.level, this.sink.level)) {
      if (line.level === "debug") this.#write(line, event.type);
      else this.#sayOnce(line, event.type);
    }
    if (event.type === "store" && event.status === "closed") this.#sayAll();
  }

  #sayOnce(line: LogLine, type: string): void {
    // What a warning says may have in it what an error of the application's says, which is never the same.
    const { code = line.message } = line.fields;
    const name = `${type} ${String(code)}`;
    const said = this.#said.get(name);
    if (said) {
      said.more++;
      return;
    }
    this.#wait(name, line, type);
    this.#write(line, type);
  }

  #wait(name: string, line: LogLine, type: string): void {
    const timer = this.#outside(() => setTimeout(() => this.#sayRest(name, type), PAUSE));
    timer.unref();
    this.#said.set(name, { line, timer, more: 0 });
  }

  #sayRest(name: string, type: string): void {
    const { line, more } = this.#said.get(name)!;
    this.#said.delete(name);
    if (more === 0) return;
    this.#wait(name, line, type);
    this.#writeMore(line, more, type);
  }

  /** What is left, when nothing more is to come. */
  #sayAll(): void {
    for (const [name, { line, timer, more }] of this.#said) {
      clearTimeout(timer);
      this.#said.delete(name);
      if (more > 0) this.#writeMore(line, more, name.split(" ", 1)[0]!);
    }
  }

  #writeMore({ level, message, fields }: LogLine, more: number, type: string): void {
    const { code } = fields;
    this.#write(
      {
        level,
        message: `${message} … and ${more} more in the last second`,
        fields: { ...(code !== undefined && { code }), more },
      },
      type,
    );
  }

  #write({ level, message, fields }: LogLine, type: string): void {
    this.sink.write(level, `evercache: ${message}`, { namespace: this.namespace, event: type, ...fields });
  }
}
