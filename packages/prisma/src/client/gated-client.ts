import { StatementGate } from "./statement-gate.js";

/** Writes whose statement was not seen before a client is taken to be connected past the gate. */
const MOST_SEARCHES = 3;

const CHANGE = /^\s*(INSERT|UPDATE|DELETE)\b/i;

/**
 * Whether the statements of one client go through a gate. It may have connected before the gate was there, and its driver
 * adapter may serve other clients too: so it counts only that a statement of one of its own writes was seen there, on the
 * latest connection, and only until there is another.
 */
export class GatedClient {
  /** The connection on which a statement of this client was seen. */
  #seen = 0;
  /** The connection for which it is looked, and how often it was. */
  #searched = { connection: 0, times: 0 };

  constructor(private readonly gate: StatementGate) {}

  get isGated(): boolean {
    return this.#seen !== 0 && this.#seen === this.gate.connection;
  }

  /** Lets no statement of this client change rows before `locks` has settled. Relies on `isGated`. */
  hold(locks: Promise<unknown>): void {
    this.gate.hold(locks);
  }

  /** Runs a write of one statement to `table`, and looks for it at the gate where that may tell something. */
  run<T>(table: string, write: () => PromiseLike<T>): PromiseLike<T> {
    const { connection } = this.gate;
    if (connection !== this.#searched.connection) this.#searched = { connection, times: 0 };
    if (connection === 0 || this.isGated || this.#searched.times === MOST_SEARCHES) return write();
    this.#searched.times++;
    let isFirst = true;
    const lookout = (sql: string, by: number): void => {
      if (!CHANGE.test(sql)) return;
      // What comes later may be of another client: one to which the application's log handler writes, for instance.
      if (isFirst && sql.includes(table)) this.#seen = by;
      isFirst = false;
    };
    return StatementGate.lookingOut(lookout, write);
  }
}
