import type { FoundKey } from "@evercache/redis/admin";

/** What `--kind` takes. */
export const KINDS = ["entries", "tokens", "locks", "leases"] as const;
export type Kind = (typeof KINDS)[number];

/** What a key counts as, and of which model; a tag of the application's own stands in the place of a model. */
export interface KnownKey {
  readonly kind: Kind | "claim" | "spent" | "foreign";
  readonly model: string | null;
  readonly operation: string | null;
}

export interface CountedKeys extends KnownKey {
  readonly keys: number;
  /** Of memory, by what a sample of them takes. Null: the server does not say. */
  readonly bytes: number | null;
  /** How many were looked at for that. */
  readonly sampled: number;
}

/** Keys of each row whose memory is asked for. SCAN brings keys in no order, so that the first ones are as good as any. */
const SAMPLED = 100;
/** Tags of the application's own that are told apart: there may be any number. */
const MOST_CUSTOM_TAGS = 20;
const OTHER_TAGS = "#…";

export function kindOf(key: FoundKey): KnownKey {
  switch (key.kind) {
    case "entry":
      return { kind: "entries", model: key.model, operation: key.operation };
    case "token":
    case "lock":
      return { kind: `${key.kind}s`, model: key.group, operation: null };
    case "spent":
      return { kind: "spent", model: key.group, operation: null };
    case "lease":
      return { kind: "leases", model: null, operation: null };
    default:
      return { kind: key.kind, model: null, operation: null };
  }
}

/** Counts keys by what they are of, in memory that does not grow with their number. */
export class KeyCounts {
  readonly #rows = new Map<string, { readonly known: KnownKey; keys: number; readonly sample: string[] }>();
  readonly #customTags = new Set<string>();

  add(key: FoundKey): void {
    const known = this.#bounded(kindOf(key));
    const id = JSON.stringify([known.model, known.kind, known.operation]);
    let row = this.#rows.get(id);
    if (!row) {
      row = { known, keys: 0, sample: [] };
      this.#rows.set(id, row);
    }
    row.keys += 1;
    if (row.sample.length < SAMPLED) row.sample.push(key.name);
  }

  /** By model, entries first. */
  async rows(memoryOf: (names: readonly string[]) => Promise<readonly (number | null)[]>): Promise<CountedKeys[]> {
    const rows: CountedKeys[] = [];
    for (const { known, keys, sample } of this.#rows.values()) {
      const sizes = (await memoryOf(sample)).filter((size) => size !== null);
      const sum = sizes.reduce((total, size) => total + size, 0);
      const bytes = sizes.length === 0 ? null : Math.round((sum / sizes.length) * keys);
      rows.push({ ...known, keys, bytes, sampled: sizes.length });
    }
    return rows.sort((a, b) => order(a).localeCompare(order(b)));
  }

  #bounded(known: KnownKey): KnownKey {
    const { model } = known;
    if (!model?.startsWith("#") || this.#customTags.has(model)) return known;
    if (this.#customTags.size === MOST_CUSTOM_TAGS) return { ...known, model: OTHER_TAGS };
    this.#customTags.add(model);
    return known;
  }
}

function order({ model, kind, operation }: KnownKey): string {
  const group = model === null ? "3" : model.startsWith("#") ? "2" : "1";
  return [group, model, kind === "entries" ? "1" : "2", operation ?? kind].join(" ");
}
