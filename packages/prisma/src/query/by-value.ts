import type { AdaptiveSwitch, Policy } from "@evercache/core";
import type { ReadCall } from "../client/hook.js";
import { queryKind, type ReadOperation } from "../client/operation.js";
import type { CachedView } from "../runtime.js";
import type { Model } from "../schema/data-model.js";
import { PlannedRead, planRead, type ReadDecision } from "./plan.js";
import type { Prepared, PreparedByValue } from "./prepared.js";
import { ReadTemplate, type ColumnValue } from "./read-template.js";

/**
 * Plans reads of one kind that ask for the row where one column has a value, and for nothing else. Those that were asked
 * before are known again by the value alone, and others are prepared by it as soon as one was prepared in full: to put a
 * query's text together, and find it, takes longer than to copy a row.
 */
export class ReadsByValue {
  readonly #columns = new Map<string, PreparedByValue>();

  private constructor(
    private readonly view: CachedView,
    private readonly model: Model,
    private readonly operation: ReadOperation,
    private readonly policy: Policy,
    private readonly adaptive: AdaptiveSwitch | undefined,
  ) {}

  /** `null`: more than the value tells these reads from others, or none is cached. */
  static of(view: CachedView, model: string, operation: ReadOperation): ReadsByValue | null {
    const { runtime } = view;
    const queries = queryKind(operation);
    const policy = runtime.policies.of(model, queries);
    const known = runtime.dataModel.models.get(model);
    if (!known || !policy || policy.when || runtime.settings.scope || !operation.startsWith("findUnique")) return null;
    const adaptive = runtime.cache.adaptive(policy, model, queries);
    return new ReadsByValue(view, known, operation, policy, adaptive);
  }

  /** As `planRead`, of a call whose arguments ask for this value in this column. */
  plan(call: ReadCall, column: string, value: ColumnValue): ReadDecision {
    const { view, policy, adaptive } = this;
    const reads = adaptive?.isOff ? undefined : this.#of(column);
    const prepared = reads && (reads.known.get(value) ?? this.#prepare(reads, value));
    if (!prepared) return this.#planAnew(call, column, value, reads);
    return new PlannedRead(view, call, call.args as Readonly<Record<string, unknown>>, policy, prepared, adaptive);
  }

  #prepare({ template, known }: PreparedByValue, value: ColumnValue): Prepared | null {
    if (template === null) return null;
    const text = template.textOf(value);
    const prepared = template.prepare(value, text);
    if (prepared && this.view.runtime.prepared.isAskedAgain(text)) known.set(value, prepared);
    return prepared;
  }

  #planAnew(call: ReadCall, column: string, value: ColumnValue, reads: PreparedByValue | undefined): ReadDecision {
    const { view, model, operation, policy } = this;
    const decision = planRead(view, call, (again) => reads?.known.set(value, again));
    if (!reads || reads.template !== null || decision.kind === "bypass") return decision;
    const kind = { model, operation, column, isTaggedByResult: policy.tagsOf !== undefined };
    reads.template = ReadTemplate.of(view, kind, decision.prepared, value);
    return decision;
  }

  /** Undefined of what is no column: callers may come with any name. */
  #of(column: string): PreparedByValue | undefined {
    const known = this.#columns.get(column);
    if (known) return known;
    const kind = this.model.fields.get(column)?.kind;
    if (kind === undefined || kind === "relation") return undefined;
    const { fingerprint, runtime } = this.view;
    const reads = runtime.prepared.byValue(`${fingerprint}:${this.model.name}:${this.operation}:${column}`);
    this.#columns.set(column, reads);
    return reads;
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
export function isToldApart(value: unknown): value is ColumnValue {
  return typeof value === "string" || (typeof value === "number" && value !== 0) || typeof value === "bigint";
}
