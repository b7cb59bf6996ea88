import type { StoredEntry, Validity } from "@evercache/redis/admin";

/** What is known of an entry, as `--json` prints it. Times are milliseconds, moments ISO 8601. */
export interface EntryReport {
  readonly key: string;
  readonly bytes: number;
  readonly redisTtl: number | null;
  readonly frame: StoredEntry["frame"]["kind"];
  /** By the entry alone. Null: it cannot be opened. */
  readonly verdict: Validity["verdict"] | null;
  readonly stamps: Validity["stamps"];
  /** Null: it cannot be opened. */
  readonly entry: EntryFacts | null;
}

export interface EntryFacts {
  readonly fingerprint: string;
  /** The whole query, where the key has only a hash of it. */
  readonly identity: string | null;
  readonly storedAt: string;
  readonly freshUntil: string;
  readonly loadMilliseconds: number;
  readonly sliding: { readonly ttl: number; readonly cappedAt: string } | null;
  /** "Not found" was cached. */
  readonly isAbsent: boolean;
  readonly namesItsTags: boolean;
  readonly isCompressed: boolean;
  readonly isEncrypted: boolean;
  readonly payloadBytes: number;
}

export function reportOf({ key, bytes, ttl, frame }: StoredEntry, validity: Validity | null): EntryReport {
  return {
    key,
    bytes,
    redisTtl: ttl,
    frame: frame.kind,
    verdict: validity?.verdict ?? null,
    stamps: validity?.stamps ?? [],
    entry: frame.kind === "entry" ? factsOf(frame) : null,
  };
}

function factsOf({ entry, seal }: Extract<StoredEntry["frame"], { readonly kind: "entry" }>): EntryFacts {
  return {
    fingerprint: entry.fingerprint,
    identity: entry.identity,
    storedAt: new Date(entry.storedAt).toISOString(),
    freshUntil: new Date(entry.freshUntil).toISOString(),
    loadMilliseconds: Math.round(entry.loadTime * 100) / 100,
    sliding: entry.sliding && { ttl: entry.sliding.ttl, cappedAt: new Date(entry.sliding.cappedAt).toISOString() },
    isAbsent: entry.absent,
    namesItsTags: entry.names !== null,
    isCompressed: seal.isCompressed,
    isEncrypted: seal.isEncrypted,
    payloadBytes: entry.payload.byteLength,
  };
}
