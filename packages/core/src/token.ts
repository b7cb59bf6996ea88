import { randomFillSync } from "node:crypto";

/**
 * The value that a tag currently has: unguessable and never reused, so a reader that sees the same token before and
 * after knows that no write came between. Opaque to everything but the store that minted it.
 */
export type Token = string & { readonly __token?: true };

/** What a tag holds while a writer is between "about to commit" and "done": readers go past the cache. */
export const QUARANTINED = Symbol("evercache.quarantined");

/** A minted token, a lock, or `null`: absent, or minted under another incarnation of the server. */
export type TokenState = Token | typeof QUARANTINED | null;

const POOL_BYTES = 12 * 256;
let pool: Buffer | undefined;
let used = POOL_BYTES;

/** 96 random bits as 16 characters of base64url. Drawn from a pool: one system call serves 256 of them. */
export function randomTokenBits(): string {
  if (used === POOL_BYTES || !pool) {
    pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
    used = 0;
  }
  used += 12;
  return pool.toString("base64url", used - 12, used);
}
