import type { RuntimeDataModel } from "../schema/read-data-model.js";
import type { ExtensibleClient } from "./internals.js";

/** The members of Prisma's promises. One more may mean that Prisma has come to ask its promises for something else. */
const MEMBERS = ["catch", "finally", "requestTransaction", "spec", "then"];

/** A client with the cache, and the one below its read methods, which has the hook. */
export interface ClientPair {
  readonly client: ExtensibleClient;
  readonly hooked: ExtensibleClient;
  readonly models: RuntimeDataModel["models"];
}

/**
 * Whether Prisma's promises and clients are as the fast path has to imitate them: by looks at real ones, of which none
 * runs, since what a version does is nowhere written.
 */
export class PromiseSurface {
  #difference: string | null | undefined;

  constructor(private readonly onDifference: (difference: string) => void) {}

  get isKnown(): boolean {
    return this.#difference === null;
  }

  /** Looks once: clients of one Prisma are alike. */
  look(pair: ClientPair): void {
    if (this.#difference !== undefined) return;
    try {
      this.#difference = differenceOf(pair);
    } catch (error) {
      this.#difference = `looking at it failed: ${String(error)}`;
    }
    if (this.#difference !== null) this.onDifference(this.#difference);
  }
}

interface Promiselike extends Readonly<Record<PropertyKey, unknown>> {
  readonly spec?: { readonly model?: unknown; readonly action?: unknown };
}

/** The first thing that is not as it should be, in words; null: there is none. */
function differenceOf({ client, hooked, models }: ClientPair): string | null {
  for (const [model, { fields }] of Object.entries(models)) {
    const relations = fields.filter(({ kind }) => kind === "object").map(({ name }) => name);
    const difference =
      differenceOfPromise(hooked, model, "findMany", []) ??
      differenceOfPromise(hooked, model, "findUnique", relations) ??
      differenceOfParents(client, hooked, model);
    // One model with relations tells as much as all of them.
    if (difference !== null || relations.length > 0) return difference ?? differenceOfClient(hooked);
  }
  return differenceOfClient(hooked);
}

function differenceOfPromise(
  client: ExtensibleClient,
  model: string,
  operation: string,
  relations: readonly string[],
): string | null {
  const delegate = client[model] as Readonly<Record<string, (args: unknown) => Promiselike>>;
  const promise = delegate[operation]!({ where: {} });
  if (promise[Symbol.toStringTag] !== "PrismaPromise") return `${operation}() does not return a PrismaPromise`;
  const members = Object.getOwnPropertyNames(promise).sort();
  const expected = [...new Set([...MEMBERS, ...relations])].sort();
  if (members.join() !== expected.join()) return `the promise of ${operation}() has the members ${members.join(", ")}`;
  for (const name of members) {
    if (name !== "spec" && typeof promise[name] !== "function")
      return `${name} of the promise of ${operation}() is no method`;
  }
  const isSpecKnown =
    relations.includes("spec") || (promise.spec?.model === model && promise.spec.action === operation);
  return isSpecKnown ? null : `the promise of ${operation}() does not say in "spec" what it is`;
}

/** Reads outside of transactions are told from others by the parents of their models. */
function differenceOfParents(client: ExtensibleClient, hooked: ExtensibleClient, model: string): string | null {
  const parentOf = (of: ExtensibleClient) => (of[model] as { readonly $parent?: unknown }).$parent;
  if (client[model] !== client[model]) return "a client makes its models anew each time";
  if (parentOf(client) !== hooked) return "$parent of a model is not the client that was extended";
  const { _createItxClient: create } = client as unknown as { _createItxClient?: MakeTransactionClient };
  if (typeof create !== "function") return "there is no _createItxClient";
  const inTransaction = create.call(client, { kind: "itx", id: "evercache" }, "evercache", { stack: [] });
  return parentOf(inTransaction) === hooked || inTransaction[model] === client[model]
    ? "the client of a transaction is not told from others"
    : null;
}

type MakeTransactionClient = (transaction: object, scope: string, state: object) => ExtensibleClient;

function differenceOfClient(client: ExtensibleClient): string | null {
  const { _extensions, _tracingHelper, _errorFormat } = client as unknown as {
    readonly _extensions?: { readonly getAllQueryCallbacks?: unknown };
    readonly _tracingHelper?: { readonly isEnabled?: unknown };
    readonly _errorFormat?: unknown;
  };
  if (typeof _extensions?.getAllQueryCallbacks !== "function") return "its extensions do not tell their hooks";
  if (typeof _tracingHelper?.isEnabled !== "function") return "it does not tell whether it is traced";
  return typeof _errorFormat === "string" ? null : "it does not tell its error format";
}
