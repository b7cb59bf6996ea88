import { AsyncLocalStorage } from "node:async_hooks";

/** What sends statements: a connection of a driver adapter, or one of its transactions. */
interface Queryable {
  queryRaw(statement: Statement): Promise<unknown>;
  executeRaw(statement: Statement): Promise<unknown>;
  startTransaction?(...options: unknown[]): Promise<Queryable>;
}

interface Statement {
  readonly sql: string;
}

/** A driver adapter, as `new PrismaClient({ adapter })` takes it. */
interface AdapterFactory {
  connect(): Promise<Queryable>;
}

/** Told of the statements that come to a gate, and of the connection by which they come. */
type Lookout = (sql: string, connection: number) => void;

/** What changes no row, and how a transaction begins and ends. */
const HARMLESS = /^\s*(SELECT|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i;

const gates = new WeakMap<AdapterFactory, StatementGate>();
const lookouts = new AsyncLocalStorage<Lookout>();
let lookingOut = 0;

/**
 * Stands between Prisma and the connections that a driver adapter makes from now on. A statement that may change rows
 * waits there for all locks that were asked for before it came. So Prisma can be given a write while its quarantine is
 * still under way: the statement comes to the database after the locks all the same.
 *
 * Which write a statement belongs to need not be known: that one's locks are among those that it waits for. One that
 * belongs to none may wait for a round trip to the store. Reads never wait.
 */
export class StatementGate {
  readonly #pending = new Set<Promise<void>>();
  #connections = 0;

  private constructor() {}

  /** The one gate of this driver adapter. `null`: none can be put in its way. */
  static of(adapter: unknown): StatementGate | null {
    if (!isFactory(adapter)) return null;
    let gate = gates.get(adapter) ?? null;
    if (!gate) {
      gate = new StatementGate();
      if (!gate.#guard(adapter)) return null;
      gates.set(adapter, gate);
    }
    return gate;
  }

  /** The number of the latest connection that goes through the gate; 0: none does. */
  get connection(): number {
    return this.#connections;
  }

  /** From now on, nothing passes that may change rows before `locks` has settled. */
  hold(locks: Promise<unknown>): void {
    const open = (): void => void this.#pending.delete(settled);
    const settled = locks.then(open, open);
    this.#pending.add(settled);
  }

  /** Calls `act`, and tells `lookout` of what this sends. */
  static async lookingOut<T>(lookout: Lookout, act: () => PromiseLike<T>): Promise<T> {
    lookingOut++;
    try {
      return await lookouts.run(lookout, async () => await act());
    } finally {
      // Left on, it would slow down every promise of the process.
      if (--lookingOut === 0) lookouts.disable();
    }
  }

  #guard(factory: AdapterFactory): boolean {
    const connect = factory.connect.bind(factory);
    const guarded = async (): Promise<Queryable> => {
      const connection = ++this.#connections;
      return this.#guarded(await connect(), connection);
    };
    return Reflect.set(factory, "connect", guarded);
  }

  #guarded(queryable: Queryable, connection: number): Queryable {
    const held = (send: (statement: Statement) => Promise<unknown>) => (statement: Statement) => {
      if (lookingOut > 0) lookouts.getStore()?.(statement.sql, connection);
      if (this.#pending.size === 0 || HARMLESS.test(statement.sql)) return send(statement);
      return Promise.all(this.#pending).then(() => send(statement));
    };
    const own = {
      queryRaw: held((statement) => queryable.queryRaw(statement)),
      executeRaw: held((statement) => queryable.executeRaw(statement)),
      ...("startTransaction" in queryable && {
        startTransaction: async (...options: unknown[]) =>
          this.#guarded(await queryable.startTransaction!(...options), connection),
      }),
    };
    // Not of the queryable itself: what a frozen one has of its own, a proxy may not replace.
    return new Proxy(Object.create(queryable) as Queryable, {
      get(_, name) {
        if (Object.hasOwn(own, name)) return own[name as keyof typeof own];
        const value: unknown = Reflect.get(queryable, name);
        return typeof value === "function" ? (value.bind(queryable) as unknown) : value;
      },
    });
  }
}

function isFactory(adapter: unknown): adapter is AdapterFactory {
  return typeof (adapter as Partial<AdapterFactory> | null | undefined)?.connect === "function";
}
