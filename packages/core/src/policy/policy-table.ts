import { EvercacheError } from "../errors.js";
import { asObject, checkNames, suggest } from "../options-check.js";
import { KIND_OPTIONS, resolveKind } from "./parse-settings.js";
import { longestServed, OWN_DEFAULTS, type Policy, type QueryKind } from "./policy.js";

/** The policies of all models, checked and resolved once. `null`: not cached. */
export class PolicyTable {
  readonly #defaults: Record<QueryKind, Policy | null>;
  readonly #models = new Map<string, Record<QueryKind, Policy | null>>();
  /** The longest that a result of any model may be served if no write touches it, in milliseconds. */
  readonly longestTtl: number;
  /** The least `maxStaleness` of any tracked tier in memory, in milliseconds; null where there is none. */
  readonly leastStaleness: number | null;

  /**
   * `others`: settings that may stand beside those of a policy, and are checked elsewhere.
   * @throws EvercacheError for an unknown setting, a bad value, or a model that is not in `modelNames`
   */
  constructor(
    defaults: unknown,
    models: unknown,
    modelNames: readonly string[],
    others: { readonly defaults: readonly string[]; readonly models: readonly string[] } = { defaults: [], models: [] },
  ) {
    const base = { single: OWN_DEFAULTS, list: OWN_DEFAULTS };
    this.#defaults = resolveModel(defaults ?? {}, base, "defaults", others.defaults);
    for (const [name, policy] of Object.entries(asObject(models ?? {}, "models"))) {
      if (!modelNames.includes(name)) {
        throw new EvercacheError(
          "UNKNOWN_MODEL",
          `models.${name}: the schema has no such model. ${suggest(name, modelNames)}`,
          {
            value: name,
          },
        );
      }
      if (policy !== undefined) {
        this.#models.set(name, resolveModel(policy, this.#defaults, `models.${name}`, others.models));
      }
    }
    const all = [this.#defaults, ...this.#models.values()].flatMap(({ single, list }) => [single, list]);
    const tracked = all.flatMap((policy) => (policy?.l1?.mode === "tracked" ? [policy.l1.maxStaleness] : []));
    this.leastStaleness = tracked.length === 0 ? null : Math.min(...tracked);
    this.longestTtl = Math.max(
      ...all.map((policy) => (policy ? longestServed(policy) : 0)),
      longestServed(OWN_DEFAULTS),
    );
  }

  of(model: string, kind: QueryKind): Policy | null {
    return (this.#models.get(model) ?? this.#defaults)[kind];
  }
}

function resolveModel(
  input: unknown,
  base: Record<QueryKind, Policy | null>,
  name: string,
  others: readonly string[],
): Record<QueryKind, Policy | null> {
  if (input === false) return { single: null, list: null };
  const policy = asObject(input, name, 'write a policy such as { ttl: "5m" }, or false for never cached');
  checkNames(policy, [...KIND_OPTIONS, "list", ...others], name);
  const { list, ...own } = policy;
  const single = resolveKind(own, base.single ?? OWN_DEFAULTS, name);
  // The model's own ttl is for all its queries unless `list` says otherwise.
  const listBase = resolveKind(own, base.list ?? base.single ?? OWN_DEFAULTS, name);
  // Lists that are off by `list: false` above stay off; a model that is on although all are off is on with its lists.
  if (list === undefined) return { single, list: base.list === null && base.single !== null ? null : listBase };
  if (list === false) return { single, list: null };
  const listPolicy = asObject(list, `${name}.list`);
  checkNames(listPolicy, KIND_OPTIONS, `${name}.list`);
  return { single, list: resolveKind(listPolicy, listBase, `${name}.list`) };
}
