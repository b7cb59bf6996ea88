import {
  FRAME_VERSION,
  frameVersion,
  isSealed,
  openEntry,
  sealFormOf,
  type Entry,
  type SealForm,
} from "@evercache/core";
import type { Keyspace } from "../keyspace.js";
import { isReply, UnfitServerError } from "../server-error.js";
import type { Servers } from "../servers.js";

/**
 * What is in an entry's key. `damaged`: evercache wrote it, and it is not as it was written. `other-version`: another version of
 * evercache wrote it. `foreign`: something else did.
 */
export type StoredFrame =
  | { readonly kind: "entry"; readonly entry: Entry; readonly seal: SealForm }
  | { readonly kind: "damaged" | "other-version" | "foreign" };

export interface StoredEntry {
  /** Without the namespace. */
  readonly key: string;
  /** Bytes of the value; 0 for what is no text. */
  readonly bytes: number;
  /** Milliseconds that it stays in Redis if nothing renews it; null: for ever. */
  readonly ttl: number | null;
  readonly frame: StoredFrame;
}

/** Null: there is none. */
export async function readStoredEntry(
  { keyspace, servers }: { readonly keyspace: Keyspace; readonly servers: Servers },
  key: string,
): Promise<StoredEntry | null> {
  const name = keyspace.entryKey(key);
  let value: unknown = null;
  let ttl: unknown;
  await servers.run([name], [[0]], async ({ client }) => {
    const got = client.callBuffer("GET", [name]).catch((error: unknown) => {
      if (isReply(error, "WRONGTYPE")) return false;
      throw error;
    });
    [value, ttl] = await Promise.all([got, client.call("PTTL", [name])]);
  });
  if (typeof ttl !== "number") throw new UnfitServerError("PTTL was not answered with a time");
  if (value === null || ttl === -2) return null;
  const bytes = Buffer.isBuffer(value) ? value : null;
  return { key, bytes: bytes?.length ?? 0, ttl: ttl < 0 ? null : ttl, frame: readFrame(bytes) };
}

function readFrame(bytes: Buffer | null): StoredFrame {
  const entry = bytes && openEntry(bytes);
  if (bytes && entry) return { kind: "entry", entry, seal: sealFormOf(entry, isSealed(bytes)) };
  const version = bytes && frameVersion(bytes);
  if (version === null) return { kind: "foreign" };
  return { kind: version === FRAME_VERSION ? "damaged" : "other-version" };
}
