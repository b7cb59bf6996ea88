import { frameEntry, isSealed, openEntry, type Entry } from "../entry.js";
import { endOf } from "../freshness.js";
import type { Policy } from "../policy/policy.js";
import type { ReadPlan } from "../read-plan.js";
import { compress, decompress } from "./compression.js";

/** What a plan says of how its entries lie in the store. */
export type Sealing = Pick<ReadPlan<unknown>, "key" | "policy" | "keyring">;

/*
 * The payload of an entry whose frame says that it is sealed: a u8 of these, then
 * as it is, if compressed: what `compress` wrote; if encrypted: what `Keyring.encrypt` made of that, or of the plain payload.
 */
const COMPRESSED = 1;
const ENCRYPTED = 2;

/** A result may be this many times as large before it is compressed as what is stored. */
const MOST_EXPANSION = 8;
const LONGEST_BUFFER = 0x7f_ff_ff_ff;

/** How a payload lies in the store. */
export interface SealForm {
  readonly isCompressed: boolean;
  readonly isEncrypted: boolean;
}

/** Of an entry that `openEntry` opened, and whether its frame says that it is sealed. */
export function sealFormOf({ payload }: Pick<Entry, "payload">, wasSealed: boolean): SealForm {
  const form = wasSealed ? (payload[0] ?? 0) : 0;
  return { isCompressed: (form & COMPRESSED) !== 0, isEncrypted: (form & ENCRYPTED) !== 0 };
}

/** Bytes of a payload beyond which it need not be tried to seal it: it will not be stored. */
export function largestPayload(policy: Policy): number {
  return policy.compress ? largestUnpacked(policy) : policy.maxEntryBytes;
}

/**
 * The entry's frame, compressed where the policy says so and it becomes smaller, encrypted where the plan has keys. Null:
 * too large for the policy even so.
 * @throws as `frameEntry`
 */
export function sealEntry({ key, policy, keyring }: Sealing, entry: Entry): Uint8Array | null {
  const packed = policy.compress ? compress(entry.payload, policy.compress.threshold) : null;
  const form = (packed ? COMPRESSED : 0) | (keyring ? ENCRYPTED : 0);
  let payload = packed ?? entry.payload;
  if (keyring) payload = keyring.encrypt(payload, key, contextOf(entry, form));
  if (form !== 0) payload = Buffer.concat([Buffer.of(form), payload]);
  if (payload.byteLength > policy.maxEntryBytes) return null;
  return form === 0 ? frameEntry(entry) : frameEntry({ ...entry, payload }, true);
}

/**
 * The entry with its payload as it was before `sealEntry`. Null: damaged, of a kind that this process cannot read, too
 * large, or not encrypted as the plan demands: an entry in clear could be anybody's.
 */
export function unsealEntry({ key, policy, keyring }: Sealing, entry: Entry, wasSealed: boolean): Entry | null {
  if (!wasSealed) return keyring ? null : entry;
  try {
    const form = entry.payload[0]!;
    if (form !== COMPRESSED && form !== ENCRYPTED && form !== (COMPRESSED | ENCRYPTED)) return null;
    if (((form & ENCRYPTED) !== 0) !== (keyring !== undefined)) return null;
    let payload: Uint8Array = entry.payload.subarray(1);
    if (keyring) payload = keyring.decrypt(payload, key, contextOf(entry, form));
    if ((form & COMPRESSED) !== 0) payload = decompress(payload, largestUnpacked(policy));
    return { ...entry, payload };
  } catch {
    return null;
  }
}

/** Whether a framed entry has this result, byte for byte. One that cannot be read has not. */
export function holds(plan: Sealing, frame: Uint8Array, result: Pick<Entry, "absent" | "payload">): boolean {
  const entry = openEntry(frame);
  const unsealed = entry && unsealEntry(plan, entry, isSealed(frame));
  if (!unsealed || unsealed.absent !== result.absent) return false;
  return Buffer.compare(unsealed.payload, result.payload) === 0;
}

/** All of the frame that is not encrypted, but for renewals: whose it is, when it was stored, which tags it depends on, under which stamps. */
function contextOf(entry: Entry, form: number): Uint8Array {
  // What slides is renewed in place, by processes that need not have the keys.
  return frameEntry({ ...entry, freshUntil: endOf(entry), payload: Uint8Array.of(form) }, true);
}

function largestUnpacked({ maxEntryBytes }: Policy): number {
  return Math.min(MOST_EXPANSION * maxEntryBytes, LONGEST_BUFFER);
}
