import { isToldApart, soleColumn, type ReadsByValue } from "../query/by-value.js";
import { answer } from "../query/read.js";
import type { ColumnValue } from "../query/read-template.js";
import type { CachedView } from "../runtime.js";
import { copyArgs } from "./copy-args.js";
import type { HookCall, HookQuery, ReadCall, TransactionInfo } from "./hook.js";
import { informed, runInformed, type Method } from "./informed.js";
import { isFluent, type ReadOperation } from "./operation.js";
import { currentScope, hookCallOf } from "./query-scope.js";
import type { RowLoads } from "./row-loads.js";

/** The methods of a model of a client. */
export type Delegate = Readonly<Record<string, (args?: unknown) => HookQuery>>;

/** What all fast reads of one operation of a model have in common. */
export interface Reader {
  readonly view: CachedView;
  readonly model: string;
  readonly operation: ReadOperation;
  /** Prisma's own methods, with the cache's hook. */
  readonly hooked: Delegate;
  /** Prisma's own methods, below the cache. */
  readonly below: Delegate;
  /** The same, of the client that the application made. */
  readonly given: Delegate;
  /** Null where no read of this kind can be planned so. */
  readonly byValue: ReadsByValue | null;
  /** Loads many rows at once; null where what is below has to see each read as it is. */
  readonly rows: RowLoads | null;
  /** What Prisma would tell a hook of each call. */
  readonly internalParams: NonNullable<HookCall["__internalParams"]>;
  /** Prisma notes for each query where the application called: its own promise is made at once, and knows. */
  readonly isLocated: boolean;
  /** Rows of other models have computed fields. */
  readonly avoidsRelations: boolean;
  /** Prisma's spans are of its own making. */
  readonly isTraced: () => boolean;
}

type Args = Readonly<Record<string, unknown>>;
type Relations = HookQuery & Readonly<Record<string, Method>>;
type Inspect = (value: unknown, options: object) => string;

/**
 * What a read method of the fast path returns: as a promise of Prisma's it runs when it is first awaited, and once, can be
 * a member of a batch, and has the methods of its relations. Prisma's own promise is only made for what goes that way.
 */
export class FastRead {
  static {
    // Shown in the console, and to whoever asks what it is, as Prisma's promise.
    const shown = { configurable: true, writable: true, enumerable: false };
    Object.defineProperty(this.prototype, "constructor", { ...shown, value: Object });
    Object.defineProperty(this.prototype, Symbol.toStringTag, { ...shown, value: "PrismaPromise" });
  }

  readonly #reader: Reader;
  readonly #args: unknown;
  #own: HookQuery | undefined;
  #running: Promise<unknown> | undefined;

  /** `own`: Prisma's own promise, where it was made already. */
  constructor(reader: Reader, args: unknown, own: HookQuery | undefined) {
    this.#reader = reader;
    this.#args = args;
    this.#own = own;
  }

  get spec(): unknown {
    const { model, operation } = this.#reader;
    return { action: operation, args: this.#args ?? (isFluent(operation) ? {} : undefined), model };
  }

  // oxlint-disable-next-line unicorn/no-thenable
  then(
    onFulfilled?: ((value: unknown) => unknown) | null,
    onRejected?: ((reason: unknown) => unknown) | null,
  ): unknown {
    return (this.#running ??= this.#start()).then(onFulfilled, onRejected);
  }

  catch(onRejected?: ((reason: unknown) => unknown) | null): unknown {
    return (this.#running ??= this.#start()).catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): unknown {
    return (this.#running ??= this.#start()).finally(onFinally);
  }

  /** Prisma asks the members of a batch in this way. */
  requestTransaction(transaction: TransactionInfo): Promise<unknown> {
    return this.#prisma().requestTransaction(transaction);
  }

  withCacheInfo(): Promise<unknown> {
    const { hooked, operation } = this.#reader;
    return runInformed(this.#reader, () => hooked[operation]!(this.#args));
  }

  /** The console shows what it would show of Prisma's own. */
  [Symbol.for("nodejs.util.inspect.custom")](depth: number, options: object, inspect: Inspect): string {
    const { given, operation } = this.#reader;
    return inspect(given[operation]!(this.#args), { ...options, depth });
  }

  /** The same for reads of one row, with a method for each relation, as Prisma has it. */
  static withRelations(relations: readonly string[]): typeof FastRead {
    const Read = class extends FastRead {};
    const define = (name: string, value: unknown) =>
      Object.defineProperty(Read.prototype, name, { value, configurable: true, writable: true });
    define("constructor", Object);
    for (const relation of relations) {
      const method = function (this: FastRead, args?: unknown): PromiseLike<unknown> {
        const { hooked, operation } = this.#reader;
        const promise = (this.#prisma() as Relations)[relation]!(args);
        return informed(this.#reader, promise, () => (hooked[operation]!(this.#args) as Relations)[relation]!(args));
      };
      // Prisma looks past frames of such a name when an error shows the place where the application called.
      Object.defineProperty(method, "name", { value: `Proxy.${relation}` });
      define(relation, method);
    }
    return Read;
  }

  /** Whether it would go past Prisma's query extensions, were it awaited now. */
  static isFast(read: FastRead): boolean {
    return !read.#reader.isTraced() && read.#copy() !== undefined;
  }

  #prisma(): HookQuery {
    const { hooked, operation } = this.#reader;
    return (this.#own ??= hooked[operation]!(this.#args));
  }

  #start(): Promise<unknown> {
    const reader = this.#reader;
    if (currentScope(reader) !== undefined || reader.isTraced()) return this.#prisma();
    try {
      const column = reader.byValue === null ? null : soleColumn(this.#args);
      if (column !== null) {
        const value = (this.#args as { readonly where: Args }).where[column];
        if (isToldApart(value)) return this.#answerByValue(reader.byValue!, column, value);
      }
      const args = this.#copy();
      return args === undefined ? this.#prisma() : answer(reader.view, new FastCall(reader, args, this.#own));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #answerByValue(byValue: ReadsByValue, column: string, value: ColumnValue): Promise<unknown> {
    const call = new FastCall(this.#reader, { where: { [column]: value } }, this.#own);
    return answer(this.#reader.view, call, byValue.plan(call, column, value));
  }

  /** The arguments as they are now; undefined of those that only Prisma's own promise can do with. */
  #copy(): Record<string, unknown> | undefined {
    const args = copyArgs(this.#args);
    const isForHook = args !== undefined && this.#reader.avoidsRelations && ("include" in args || "select" in args);
    return isForHook ? undefined : args;
  }
}

/** Whether a query is a read that would be fast, were it awaited now. */
export function isFastRead(query: unknown): boolean {
  return query instanceof FastRead && FastRead.isFast(query);
}

/** A read as the hook would see it, which Prisma did not call. */
class FastCall implements ReadCall {
  private whereabouts: Promise<HookCall> | undefined;

  constructor(
    private readonly reader: Reader,
    readonly args: unknown,
    private readonly own: HookQuery | undefined,
  ) {}

  get model(): string {
    return this.reader.model;
  }

  get operation(): ReadOperation {
    return this.reader.operation;
  }

  get __internalParams(): NonNullable<HookCall["__internalParams"]> {
    return this.reader.internalParams;
  }

  query(args: unknown): HookQuery {
    const { below, operation, rows } = this.reader;
    if (this.own === undefined) return (rows?.load(args as Args) as HookQuery | null) ?? below[operation]!(args);
    // Prisma's errors name the place where the application called: that place only Prisma's own promise knows.
    return this.located().then((call) => call.query(args)) as HookQuery;
  }

  located(): Promise<HookCall> {
    const { own } = this;
    if (own === undefined) return Promise.resolve(this);
    return (this.whereabouts ??= hookCallOf(this.reader, () => own).then((call) => call ?? this));
  }
}
