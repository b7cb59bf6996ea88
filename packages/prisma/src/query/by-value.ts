import type { AdaptiveSwitch, Generations, Policy } from "@evercache/core";
import type { ReadCall } from "../client/hook.js";
import { queryKind, type ReadOperation } from "../client/operation.js";
import type { CachedView } from "../runtime.js";
import type { Model } from "../schema/data-model.js";
import { PlannedRead, planRead, type ReadDecision } from "./plan.js";
import type { Prepared } from "./prepared.js";

/**
 * Plans reads of one kind that ask for the row where one column has a value, and for nothing else. Those that were asked
 * before are known again by the value alone: to put a query's text together, and find it, takes longer than to copy a row.
 */
export class ReadsByValue {
  readonly #known = new Map<string, Generations<unknown, Prepared>>();

  private constructor(
    private readonly view: CachedView,
    private readonly model: Model,
    private readonly kind: string,
    private readonly policy: Policy,
    private readonly adaptive: AdaptiveSwitch | undefined,
  ) {}

  /** `null`: more than the value tells these reads from others, or none is cached. */
  static of(view: CachedView, model: string, operation: ReadOperation): ReadsByValue | null {
    const { runtime, fingerprint } = view;
    const queries = queryKind(operation);
    const policy = runtime.policies.of(model, queries);
    const known = runtime.dataModel.models.get(model);
    if (!known || !policy || policy.when || runtime.settings.scope || !operation.startsWith("findUnique")) return null;
    const adaptive = runtime.cache.adaptive(policy, model, queries);
    return new ReadsByValue(view, known, `${fingerprint}:${model}:${operation}`, policy, adaptive);
  }

  /** As `planRead`, of a call whose arguments ask for this value in this column. */
  plan(call: ReadCall, column: string, value: unknown): ReadDecision {
    const { view, policy, adaptive } = this;
    const prepared = adaptive?.isOff ? undefined : this.#known.get(column)?.get(value);
    if (!prepared) return planRead(view, call, (again) => this.#of(column)?.set(value, again));
    return new PlannedRead(view, call, call.args as Readonly<Record<string, unknown>>, policy, prepared, adaptive);
  }

  /** Undefined of what is no column: callers may come with any name. */
  #of(column: string): Generations<unknown, Prepared> | undefined {
    let known = this.#known.get(column);
    if (!known && this.model.fields.has(column))
      this.#known.set(column, (known = this.view.runtime.prepared.byValue(`${this.kind}:${column}`)));
    return known;
  }
}

/** The name in arguments that are `{ where: { [name]: value } }` and nothing else. `null`: of any others. */
export function soleColumn(args: unknown): string | null {
  return soleName(args) === "where" ? soleName((args as { readonly where: unknown }).where) : null;
}

/** Null where there are others too, those that all objects were given among them. */
function soleName(object: unknown): string | null {
  if (typeof object !== "object" || object === null || Object.getPrototypeOf(object) !== Object.prototype) return null;
  let sole: string | null = null;
  for (const name in object) {
    if (sole !== null || name === "__proto__") return null;
    sole = name;
  }
  return sole;
}

/** Whether a Map tells a value from all others, as the database does: it knows but one zero. */
export function isToldApart(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "number" && value !== 0);
}
