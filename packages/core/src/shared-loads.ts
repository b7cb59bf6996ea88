import type { Lease, Leases, Note } from "./leases.js";

/** What a load gave, and whether it is in the store: once that is known. Null: it will not be. */
export interface Shareable<T> {
  readonly loaded: T;
  readonly stored: Promise<boolean> | null;
}

/** What somebody wants to load. Those who want it under the same name want the same. */
export interface Wanted<T> {
  readonly name: string;
  readonly load: () => Promise<Shareable<T>>;
}

/**
 * What there is for somebody who waited: the result; or what to load, which is something else after a write. Null: it is not
 * worth while to wait for anybody.
 */
export type Seen<T> = { readonly loaded: T } | { readonly wanted: Wanted<T> } | null;

/** How somebody came by a result that he wanted to share. */
export type SharedOutcome = "loaded" | "answered" | "not-stored" | "timed-out";

/** Of all processes that load the same thing at the same time, one does, and the others get it from the store. */
export class SharedLoads {
  constructor(
    private readonly leases: Leases,
    /** A clock that never jumps, in milliseconds. */
    private readonly now: () => number,
  ) {}

  /**
   * `look`: asked whenever somebody else may have loaded it. Waits for `patience` milliseconds at most, and then loads,
   * whoever else does. Rejects only as the loads do.
   */
  async run<T>(
    wanted: Wanted<T>,
    patience: number,
    look: () => Promise<Seen<T>>,
  ): Promise<{ readonly loaded: T; readonly outcome: SharedOutcome }> {
    const until = this.now() + patience;
    let { name, load } = wanted;
    for (;;) {
      const turn = await this.#wait(name, until);
      if (typeof turn !== "string") return { loaded: await loadUnder(turn, load), outcome: "loaded" };
      if (turn === "alone") return { loaded: (await load()).loaded, outcome: "loaded" };
      if (turn !== "look") return { loaded: (await load()).loaded, outcome: turn };
      const seen = await look();
      if (seen === null) return { loaded: (await load()).loaded, outcome: "not-stored" };
      if ("loaded" in seen) return { loaded: seen.loaded, outcome: "answered" };
      ({ name, load } = seen.wanted);
    }
  }

  /** The lease, or what to do without it. `alone`: there is no agreeing with others. */
  async #wait(name: string, until: number): Promise<Lease | "look" | "alone" | "not-stored" | "timed-out"> {
    let tell: (note: Note) => void;
    const told = new Promise<Note>((resolve) => (tell = resolve));
    let turn: Lease | number;
    try {
      turn = await this.leases.take(name, (note) => tell(note));
    } catch {
      return "alone";
    }
    if (typeof turn !== "number") return turn;
    const patience = until - this.now();
    if (patience <= 0) return "timed-out";
    const note = await firstOf(told, Math.min(turn, patience));
    if (note === "not-stored") return note;
    return note === null && this.now() >= until ? "timed-out" : "look";
  }
}

async function loadUnder<T>(lease: Lease, load: () => Promise<Shareable<T>>): Promise<T> {
  let shareable: Shareable<T>;
  try {
    shareable = await load();
  } catch (error) {
    void lease.free("not-stored");
    throw error;
  }
  const { loaded, stored } = shareable;
  if (!stored) void lease.free("not-stored");
  else void stored.then((isStored) => lease.free(isStored ? "stored" : "not-stored"));
  return loaded;
}

/** Null when the time is over. */
async function firstOf<T>(promise: Promise<T>, milliseconds: number): Promise<T | null> {
  let timer: NodeJS.Timeout;
  const over = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), milliseconds)));
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer!);
  }
}
