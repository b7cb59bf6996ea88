import { StoreUnavailableError } from "./errors.js";

interface Pending {
  expires: number;
  settled: boolean;
  /** It was given back, once, the time for which the event loop stood still. */
  excused: boolean;
  readonly expire: () => void;
}

/** Milliseconds by which any timer may be late. */
const TOLERANCE = 5;

/**
 * Gives promises at most `milliseconds`. All share one timer, since all get the same time and so expire in the order
 * in which they began: a read through the cache costs no timer of its own.
 */
export class Deadline {
  readonly #queue: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly milliseconds: number) {}

  /** Settles as `promise` does, or rejects with StoreUnavailableError. What `promise` does later is ignored. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = {
        expires: performance.now() + this.milliseconds,
        settled: false,
        excused: false,
        expire: () => reject(new StoreUnavailableError(`no answer within ${this.milliseconds} ms`)),
      };
      this.#queue.push(pending);
      if (!this.#timer) this.#timer = this.#schedule(this.milliseconds);
      promise.then(
        (value) => {
          pending.settled = true;
          resolve(value);
        },
        (error: unknown) => {
          pending.settled = true;
          reject(error instanceof Error ? error : new StoreUnavailableError(String(error)));
        },
      );
    });
  }

  #schedule(delay: number): NodeJS.Timeout {
    const due = performance.now() + delay;
    const timer = setTimeout(() => {
      // A busy event loop runs late timers before it reads the sockets: let answers that are already here come first.
      const late = performance.now() - due;
      setImmediate(() => this.#expire(late));
    }, delay);
    timer.unref();
    return timer;
  }

  #expire(late: number): void {
    const now = performance.now();
    // While this process did not run, the store could not be heard. A call of several answers needs more than one look.
    if (late > TOLERANCE) {
      for (const pending of this.#queue) {
        if (!pending.excused) pending.expires = Math.max(pending.expires, now + Math.min(late, this.milliseconds));
        pending.excused = true;
      }
    }
    let done = 0;
    for (const pending of this.#queue) {
      if (!pending.settled) {
        if (pending.expires > now) break;
        pending.settled = true;
        pending.expire();
      }
      done++;
    }
    this.#queue.splice(0, done);
    const next = this.#queue[0];
    this.#timer = next ? this.#schedule(Math.max(1, next.expires - now)) : undefined;
  }
}
