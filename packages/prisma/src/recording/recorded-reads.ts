import { EvercacheError } from "@evercache/core";
import { isModelCall, isReadCall, type HookCall } from "../client/hook.js";
import { unstack, type ExtensibleClient } from "../client/internals.js";
import { planRead } from "../query/plan.js";
import type { CachedView } from "../runtime.js";
import { clientName } from "../schema/data-model.js";
import { parseQuery, type RecordedRead } from "./recorded-query.js";

type Args = Readonly<Record<string, unknown>>;
/** A promise of Prisma's, with methods for the relations of its row. */
type Fluent = PromiseLike<unknown> & Readonly<Record<string, (args: unknown) => Fluent>>;
type Delegate = Readonly<Record<string, (args: unknown) => Fluent>>;

/**
 * Runs recorded reads as they came to the cache: below the hooks of other extensions, which have rewritten the arguments
 * already. What is no cached read is refused, and never reaches the database.
 */
export class RecordedReads {
  #client: ExtensibleClient | undefined;

  constructor(private readonly view: CachedView) {}

  /**
   * Checks a recorded query, and returns what runs it. `name`: of the place that it stands in.
   * @throws EvercacheError where it is damaged, or no read of this schema
   */
  parse(query: unknown, name: string): () => PromiseLike<unknown> {
    const { dataModel, settings } = this.view.runtime;
    const fieldNamed = (model: string, field: string) =>
      dataModel.models.has(model) ? this.#fieldNamed(model, field) : undefined;
    const read = parseQuery(query, name, { dataModel, fieldNamed, scope: settings.scope?.() });
    return () => this.#run(read);
  }

  #fieldNamed(model: string, field: string): unknown {
    const { fields } = this.view.base[clientName(model)] as { readonly fields: Args };
    return Object.hasOwn(fields, field) ? fields[field] : undefined;
  }

  #run({ model, operation, args, path }: RecordedRead): PromiseLike<unknown> {
    this.#client ??= cachedReadsOnly(this.view);
    let query = (this.#client[clientName(model)] as Delegate)[operation]!(args);
    let selection = args;
    for (const relation of path) {
      const asked = (selection["select"] as Args)[relation];
      query = query[relation]!(asked === true ? undefined : asked);
      selection = asked as Args;
    }
    return query;
  }
}

/** Without the hooks of other extensions, and with their computed fields, for which more columns may be read. */
function cachedReadsOnly(view: CachedView): ExtensibleClient {
  const { root, extensions } = unstack(view.base);
  const extend = (client: ExtensibleClient, extension: unknown): ExtensibleClient =>
    root.$extends.call(client, extension);
  const computing = extensions.reduce((client, { result }) => (result ? extend(client, { result }) : client), root);
  return extend(computing, {
    name: "evercache",
    query: { $allOperations: (call: HookCall) => readCached(view, call) },
  });
}

async function readCached(view: CachedView, call: HookCall): Promise<unknown> {
  if (!isModelCall(call) || !isReadCall(call)) throw refusal(call, "no read");
  const plan = planRead(view, call);
  if (plan.kind === "bypass") throw refusal(call, `not cached (${plan.bypass.detail ?? plan.bypass.reason})`);
  return (await view.runtime.cache.read(plan)).data;
}

function refusal({ model, operation, args }: HookCall, reason: string): EvercacheError {
  const message = `$cache.warm: a recorded query, ${operation} of ${model}, is ${reason}. It was not run.`;
  return new EvercacheError("NOT_A_QUERY", message, { value: args });
}
