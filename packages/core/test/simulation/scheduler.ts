import type { Choices } from "./choices.js";
import type { Globals } from "./load-core.js";

/** Who a step belongs to: a process, or nobody whose death would end it. */
export const NETWORK = -1;

/** Of 256 steps, how many follow at once. Where they are many, whole reads and writes pass while something waits. */
const HASTE = [216, 160, 240];

/** Steps, in which whole reads and writes pass. */
export const LONG = 60;

interface Step {
  readonly due: number;
  readonly owner: number;
  readonly name: string;
  readonly run: () => void;
}

interface Timer {
  due: number;
  readonly period: number | null;
  readonly callback: () => void;
}

/** One simulated process' clock and timers. They go on only when the scheduler says so. */
export class Clock {
  now = 0;
  isAlive = true;
  /** Of the scheduler's time: until then the process stands still. */
  stoppedUntil = 0;
  readonly #timers: Timer[] = [];

  /** To be called as a process starts. What the process was before is forgotten. */
  restart(): void {
    this.now = 0;
    this.isAlive = true;
    this.stoppedUntil = 0;
    this.#timers.length = 0;
  }

  get hasTimer(): boolean {
    return this.isAlive && this.#timers.length > 0;
  }

  /** Lets `milliseconds` pass, and ring what is due by then. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    while (this.isAlive && this.#timers.some(({ due }) => due <= until)) this.ring();
    this.now = Math.max(this.now, until);
  }

  /** Lets the next timer ring. */
  ring(): void {
    let next = this.#timers[0];
    for (const timer of this.#timers) if (timer.due < next!.due) next = timer;
    if (!next) return;
    this.now = Math.max(this.now, next.due);
    if (next.period === null) this.#clear(next);
    else next.due = this.now + next.period;
    next.callback();
  }

  readonly globals: Globals = {
    setTimeout: (callback, delay) => this.#set(callback, delay, null),
    setInterval: (callback, period) => this.#set(callback, period, period),
    clearTimeout: (timer) => this.#clear(timer),
    clearInterval: (timer) => this.#clear(timer),
    setImmediate: (callback) => queueMicrotask(callback),
    performance: { now: () => this.now },
  };

  #set(callback: () => void, delay: number, period: number | null): unknown {
    const timer = { due: this.now + delay, period, callback, unref: () => timer };
    this.#timers.push(timer);
    return timer;
  }

  #clear(timer: unknown): void {
    const at = this.#timers.indexOf(timer as Timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }
}

/** Runs steps one after the other, each after a delay of its own that is left to chance. */
export class Scheduler {
  /** What delays are counted in: each step takes 1. */
  time = 0;
  /** Steps run so far. */
  steps = 0;
  /** What ran, and for whom, where somebody wants to know. */
  readonly log: string[] | null;
  readonly #haste: number;
  readonly #answersSlowly: boolean;
  readonly #steps: Step[] = [];

  constructor(
    private readonly choices: Choices,
    private readonly clocks: readonly Clock[],
    isLogged: boolean,
    answersOftenSlowly = false,
  ) {
    this.log = isLogged ? [] : null;
    this.#haste = choices.pick(HASTE);
    this.#answersSlowly = choices.below(3) > (answersOftenSlowly ? 0 : 1);
  }

  at(due: number, owner: number, name: string, run: () => void): void {
    const earliest = owner === NETWORK ? 0 : this.clocks[owner]!.stoppedUntil;
    this.#steps.push({ due: Math.max(due, earliest), owner, name, run });
  }

  /** Lets a process stand still for so many steps, and its clock go on meanwhile. */
  stop(owner: number, steps: number, milliseconds: number): void {
    const clock = this.clocks[owner]!;
    const until = Math.max(clock.stoppedUntil, this.time + steps);
    clock.stoppedUntil = until;
    for (const [i, step] of this.#steps.entries()) {
      if (step.owner === owner && step.due < until) this.#steps[i] = { ...step, due: until };
    }
    // Before whatever has waited.
    this.#steps.unshift({
      due: until,
      owner: NETWORK,
      name: `P${owner} goes on`,
      run: () => (clock.now += milliseconds),
    });
  }

  /** Whether a process stands still. */
  isStopped(owner: number): boolean {
    return this.time < this.clocks[owner]!.stoppedUntil;
  }

  /** Steps that something takes. */
  delay(): number {
    return this.choices.delay(this.#haste);
  }

  soon(owner: number, name: string, run: () => void): void {
    this.at(this.time + this.delay(), owner, name, run);
  }

  /** As `soon`, or, where answers are slow, as `later`. */
  answer(owner: number, name: string, run: () => void): void {
    if (this.#answersSlowly) this.later(owner, name, run);
    else this.soon(owner, name, run);
  }

  /** As `soon`, but more often long after: a database that commits takes its time. */
  later(owner: number, name: string, run: () => void): void {
    this.at(this.time + this.choices.delay(this.#haste / 2), owner, name, run);
  }

  /** As `later`, or long after that. */
  muchLater(owner: number, name: string, run: () => void): void {
    const more = this.choices.below(3) * LONG;
    this.at(this.time + more + this.choices.delay(this.#haste / 2), owner, name, run);
  }

  /** A point at which a process waits for the database. */
  pause(owner: number, name: string): Promise<void> {
    return new Promise((resolve) => this.later(owner, name, resolve));
  }

  /** Until nothing is left to be run. */
  async run(between: () => void = () => {}): Promise<void> {
    for (let step = this.#next(); step; step = this.#next()) {
      if (step.owner !== NETWORK && !this.clocks[step.owner]!.isAlive) continue;
      this.time = Math.max(this.time + 1, step.due);
      this.steps++;
      this.log?.push(step.owner === NETWORK ? step.name : `P${step.owner} ${step.name}`);
      step.run();
      await settled();
      between();
    }
  }

  /** The first that is due; of several, the one that was there first. */
  #next(): Step | undefined {
    const steps = this.#steps;
    let first = 0;
    for (let i = 1; i < steps.length; i++) if (steps[i]!.due < steps[first]!.due) first = i;
    return steps.length === 0 ? undefined : steps.splice(first, 1)[0];
  }
}

/** When every promise that can go on has gone on: Node runs what waits for the next tick after all microtasks. */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
