import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Operations per second, with `inFlight` of them at a time, for `milliseconds`. About every millisecond all callers let the
 * event loop turn: an application takes requests meanwhile, and a cache in process memory hears of invalidations. All of
 * them together, since one that falls out of step would keep Prisma from making one statement of many calls.
 */
export class Throughput {
  /** How many operations between two looks at the clock: known after the first use. */
  #stride = 1;

  constructor(private readonly operation: () => PromiseLike<unknown>) {}

  async measure(inFlight: number, milliseconds: number): Promise<{ perSecond: number; operations: number }> {
    const { operation } = this;
    const stride = this.#stride;
    const began = performance.now();
    const until = began + milliseconds;
    let operations = 0;
    let isOver = false;
    let turn: Promise<void> | undefined;
    const takeTurn = async () => {
      await nextTurn();
      turn = undefined;
    };
    const caller = async () => {
      while (!isOver) {
        await operation();
        if (++operations % stride === 0) {
          if (performance.now() >= until) isOver = true;
          else turn ??= takeTurn();
        }
        if (turn) await turn;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
    const seconds = (performance.now() - began) / 1000;
    const perSecond = operations / seconds;
    this.#stride = Math.max(1, Math.round(perSecond / 1000));
    return { perSecond, operations };
  }
}
