import { QUARANTINED, randomTokenBits, type Token, type TokenState } from "@evercache/core";

// The format of what is read and written here is described in scripts/lock.lua.

export const EPOCH_LENGTH = 8;
const TOKEN_LENGTH = 1 + EPOCH_LENGTH + 16;
const TOKEN = /^T[\w-]{24}$/;
const LOCK = /^L[c-][d-]\|(?:T[\w-]{24}\|\d+|\|\d*)\|[^@,|]+@\d+(?:,[^@,|]+@\d+)*$/;
const FORMER = /^L[c-][d-]\|(T[\w-]{24})\|/;
const [T, L] = [0x54, 0x4c];

/** A token that nobody ever had. */
export function newToken(epoch: string): Token {
  return `T${epoch}${randomTokenBits()}`;
}

/** The same of the epoch that a token is of. */
export function newTokenLike(token: Token): Token {
  return newToken(token.slice(1, 1 + EPOCH_LENGTH));
}

export function isOfEpoch(token: Token, epoch: string): boolean {
  return token.startsWith(epoch, 1);
}

/** What a tag's key says to a reader for whom `epoch` is the present one. Whatever evercache did not write is missing. */
export function readTagText(text: Buffer | null, epoch: string): TokenState {
  if (text === null) return null;
  switch (text[0]) {
    case T: {
      if (text.length !== TOKEN_LENGTH) return null;
      const token = text.toString("latin1");
      return isOfEpoch(token, epoch) && TOKEN.test(token) ? token : null;
    }
    case L:
      return LOCK.test(text.toString()) ? QUARANTINED : null;
    default:
      return null;
  }
}

/** The token that a lock keeps for the case that nothing behind its tag changed; null where it keeps none, or is no lock. */
export function readFormerToken(text: Buffer): Token | null {
  const lock = text.toString();
  if (text[0] !== L || !LOCK.test(lock)) return null;
  return FORMER.exec(lock)?.[1] ?? null;
}

/** `holder` as a lock spells it: never empty, and without the characters that a lock puts between holders. */
export function spellHolder(holder: string): string {
  return holder === "" ? "%" : encodeURIComponent(holder);
}
