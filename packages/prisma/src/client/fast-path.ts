import { clientName } from "../schema/data-model.js";
import type { RuntimeDataModel, RuntimeField } from "../schema/read-data-model.js";
import { ReadsByValue } from "../query/by-value.js";
import type { CachedView } from "../runtime.js";
import { FastRead, type Delegate, type Reader } from "./fast-read.js";
import { isOfModel, unstack, type ExtensibleClient } from "./internals.js";
import { isFluent, type ReadOperation } from "./operation.js";
import { withLeanPromises } from "./lean-promise.js";
import { RowLoads } from "./row-loads.js";
import { transactionId } from "./transactions.js";

/** A model of a client, as a model extension's method sees it. */
export interface ModelContext {
  readonly $parent: ExtensibleClient;
}

/** Makes the promise of a fast read; `own`: Prisma's own promise, where it must be made at once. */
export interface FastMethod {
  readonly reader: Reader;
  readonly Read: new (reader: Reader, args: unknown, own: ReturnType<Delegate[string]> | undefined) => FastRead;
}

/** Where Prisma does not look where the application called. */
const NOWHERE = { getLocation: () => null };

/** The classes of reads of one row, by model: the same for all clients of a schema, of which each request may have its own. */
const CLASSES = new WeakMap<RuntimeDataModel, Map<string, FastMethod["Read"]>>();

/** An extension that changes nothing, for a client of one's own. */
const NOTHING = { name: "evercache" };

/** A chain of clients that is longer is none of ours. */
const MOST_CLIENTS = 100;

/** Knows which reads of a client may be answered without Prisma's machinery of query extensions. */
export class FastPath {
  readonly #view: CachedView;
  readonly #hooked: ExtensibleClient;
  /** Made when they are needed: an application may extend its client for each request. */
  #lean: LeanClients | undefined;
  /** Models of clients whose reads are outside of any transaction. */
  readonly #plain = new WeakSet<ModelContext>();

  /** `hooked`: the client with the cache's hook, and without its methods. */
  constructor(view: CachedView, hooked: ExtensibleClient) {
    this.#view = view;
    this.#hooked = hooked;
  }

  /** Null where reads of this kind are for the hook. */
  method(model: string, operation: ReadOperation): FastMethod | null {
    const { runtime, base, internals } = this.#view;
    const { fastPath } = runtime.settings;
    const isLocated = internals.errorFormat !== "minimal";
    if (fastPath === false || !runtime.promiseSurface.isKnown) return null;
    if (hasHook(base, model, operation) && (fastPath !== "trusted" || isLocated)) return null;
    if (this.#isComputed(model)) return null;
    const Read = this.#classOf(model, operation);
    if (Read === null) return null;
    const { _tracingHelper: tracing } = base as unknown as { _tracingHelper: { isEnabled(): boolean } };
    const name = clientName(model);
    const reader: Reader = {
      view: this.#view,
      model,
      operation,
      hooked: this.#hooked[name] as Delegate,
      below: (this.#lean ??= leanClients(base)).below[name] as Delegate,
      given: base[name] as Delegate,
      byValue: ReadsByValue.of(this.#view, model, operation),
      rows: this.#rowLoads(model, operation),
      internalParams: { dataPath: [], clientMethod: `${name}.${operation}`, callsite: NOWHERE },
      isLocated,
      avoidsRelations: this.#reaches(model),
      isTraced: () => tracing.isEnabled(),
    };
    return { reader, Read };
  }

  /** Other extensions' hooks and methods are to see what the application called. */
  #rowLoads(model: string, operation: ReadOperation): RowLoads | null {
    const { runtime, base } = this.#view;
    if (operation !== "findUnique" || [operation, "findMany"].some((name) => hasHook(base, model, name))) return null;
    const { root } = (this.#lean ??= leanClients(base));
    return RowLoads.of(runtime.dataModel.models.get(model), root[clientName(model)] as Delegate);
  }

  /**
   * Whether reads of `context` are outside of transactions. Undefined: a method that was taken off its delegate, which
   * belongs to the transaction that the code runs in.
   */
  isPlain(context: ModelContext | undefined): boolean {
    if (context === undefined) return this.#view.runtime.transactions.currentClient() === undefined;
    if (this.#plain.has(context)) return true;
    if (!this.#leadsHere(context.$parent)) return false;
    this.#plain.add(context);
    return true;
  }

  /** Clients that other extensions made of ours lead to it by their parents, and those of transactions to transactions'. */
  #leadsHere(client: ExtensibleClient | undefined): boolean {
    let at = client;
    for (let i = 0; i < MOST_CLIENTS && at; i++) {
      if (at === this.#hooked) return true;
      if (transactionId(at) !== undefined) return false;
      at = at["$parent"] as ExtensibleClient | undefined;
    }
    return false;
  }

  #isComputed(model: string): boolean {
    return this.#view.internals.computedFields.some((field) => isOfModel(field, model));
  }

  /** Whether rows with computed fields can be asked for by the relations of `model`, however many there are on the way. */
  #reaches(model: string): boolean {
    if (this.#view.internals.computedFields.length === 0) return false;
    const seen = new Set([model]);
    for (const one of seen) {
      if (this.#isComputed(one)) return true;
      for (const { type } of this.#relations(one)) seen.add(type);
    }
    return false;
  }

  #classOf(model: string, operation: ReadOperation): FastMethod["Read"] | null {
    if (!isFluent(operation)) return FastRead;
    const { runtimeDataModel } = this.#view.internals;
    let classes = CLASSES.get(runtimeDataModel);
    if (!classes) CLASSES.set(runtimeDataModel, (classes = new Map()));
    const known = classes.get(model);
    if (known) return known;
    const names = this.#relations(model).map(({ name }) => name);
    // Prisma's promise has the relation then.
    if (names.some((name) => name in FastRead.prototype)) return null;
    const Read = FastRead.withRelations(names);
    classes.set(model, Read);
    return Read;
  }

  #relations(model: string): readonly RuntimeField[] {
    const fields = this.#view.internals.runtimeDataModel.models[model]?.fields ?? [];
    return fields.filter(({ kind }) => kind === "object");
  }
}

/** What these answer is let go of at once. */
interface LeanClients {
  /** As the client below the cache. */
  readonly below: ExtensibleClient;
  /** As the client below all extensions. */
  readonly root: ExtensibleClient;
}

function leanClients(base: ExtensibleClient): LeanClients {
  const { root } = unstack(base);
  const below = withLeanPromises(base.$extends(NOTHING));
  return { below, root: root === base ? below : withLeanPromises(root.$extends(NOTHING)) };
}

/** Whether another extension's hook applies below the cache. */
function hasHook(base: ExtensibleClient, model: string, operation: string): boolean {
  const { _extensions } = base as unknown as {
    _extensions: { getAllQueryCallbacks(model: string, operation: string): readonly unknown[] };
  };
  return _extensions.getAllQueryCallbacks(clientName(model), operation).length > 0;
}
