import { StoreUnavailableError } from "./errors.js";

/** Milliseconds by which any timer may be late. */
const TOLERANCE = 1;

/** A promise that is waited for. All of one deadline are linked in the order in which they began. */
class Pending {
  previous: Pending | null = null;
  next: Pending | null = null;
  /** It was given back, once, the time for which the event loop stood still. */
  isExcused = false;

  constructor(
    readonly reject: (error: unknown) => void,
    readonly observer: DeadlineObserver | undefined,
    public expires: number,
  ) {}
}

/** Told how a call ended, before its caller is. */
export interface DeadlineObserver {
  succeeded(): void;
  failed(error: unknown): void;
}

/**
 * Gives promises at most `milliseconds`. All share one timer, since all get the same time and so expire in the order
 * in which they began: a read through the cache costs no timer of its own.
 */
export class Deadline {
  #first: Pending | null = null;
  #last: Pending | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly milliseconds: number) {}

  /** Settles as `promise` does, or rejects with StoreUnavailableError. What `promise` does later is ignored. */
  race<T>(promise: Promise<T>, observer?: DeadlineObserver): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending = new Pending(reject, observer, performance.now() + this.milliseconds);
      this.#append(pending);
      if (!this.#timer) this.#timer = this.#schedule(this.milliseconds);
      promise.then(
        (value) => {
          if (!this.#remove(pending)) return;
          observer?.succeeded();
          resolve(value);
        },
        (reason: unknown) => {
          if (!this.#remove(pending)) return;
          const error = reason instanceof Error ? reason : new StoreUnavailableError(String(reason));
          observer?.failed(error);
          reject(error);
        },
      );
    });
  }

  #append(pending: Pending): void {
    pending.previous = this.#last;
    if (this.#last) this.#last.next = pending;
    else this.#first = pending;
    this.#last = pending;
  }

  /** False if it was removed already. At once, so that nothing of an answered call is kept. */
  #remove(pending: Pending): boolean {
    const { previous, next } = pending;
    if (previous) previous.next = next;
    else if (this.#first === pending) this.#first = next;
    else return false;
    if (next) next.previous = previous;
    else this.#last = previous;
    pending.previous = pending.next = null;
    return true;
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
      for (let pending = this.#first; pending; pending = pending.next) {
        if (!pending.isExcused) pending.expires = Math.max(pending.expires, now + Math.min(late, this.milliseconds));
        pending.isExcused = true;
      }
    }
    for (let pending = this.#first; pending && pending.expires <= now; pending = this.#first) {
      this.#remove(pending);
      const error = new StoreUnavailableError(`no answer within ${this.milliseconds} ms`);
      pending.observer?.failed(error);
      pending.reject(error);
    }
    this.#timer = this.#first ? this.#schedule(Math.max(1, this.#first.expires - now)) : undefined;
  }
}
