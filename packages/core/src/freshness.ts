/** When a result was stored, and how long it may be served. Moments are milliseconds of the Unix epoch. */
export interface Lifetime {
  /** By the clock of the process that stored it. */
  readonly storedAt: number;
  /** It expires then. */
  readonly freshUntil: number;
  /** Milliseconds that its load took. */
  readonly loadTime: number;
  /** Null: nothing renews it. */
  readonly sliding: Sliding | null;
}

/** How a result that is asked for lives on. */
export interface Sliding {
  /** Milliseconds that it gets from now on with each renewal. */
  readonly ttl: number;
  /** It is never fresh longer than this, however often it is renewed. */
  readonly cappedAt: number;
}

/** A renewal that gives less than this share of the ttl is not worth a command. */
export const WORTHWHILE = 1 / 10;

/**
 * When a result expires for a reader who takes it for so many milliseconds since it was stored, and for so many since it was
 * stored or last renewed.
 */
export function expiryOf({ storedAt, freshUntil, sliding }: Lifetime, longestAge: number, longestIdle: number): number {
  const expiry = Math.min(freshUntil, storedAt + longestAge);
  return sliding ? Math.min(expiry, freshUntil - sliding.ttl + longestIdle) : expiry;
}

/** `stale`: expired, and served all the same while it is loaded anew. What slides is never served beyond its cap. */
export type Timeliness = "fresh" | "stale" | "expired";

export function timelinessOf({ sliding }: Lifetime, expiry: number, swr: number, now: number): Timeliness {
  if (now < expiry) return "fresh";
  const end = sliding ? Math.min(expiry + swr, sliding.cappedAt) : expiry + swr;
  return now < end ? "stale" : "expired";
}

/** Until when a result is fresh from now on, if somebody who asks for it now is to renew it; else null. */
export function renewedUntil(
  { freshUntil, sliding }: Pick<Lifetime, "freshUntil" | "sliding">,
  now: number,
): number | null {
  if (!sliding) return null;
  const until = Math.min(now + sliding.ttl, sliding.cappedAt);
  return until - freshUntil >= sliding.ttl * WORTHWHILE ? until : null;
}

/** When no renewal helps any more. */
export function endOf({ freshUntil, sliding }: Pick<Lifetime, "freshUntil" | "sliding">): number {
  return sliding ? sliding.cappedAt : freshUntil;
}

/** Above -ln(2 ** -53). */
const MOST_EAGER = 37;

/**
 * Whether somebody who asks now is to load a result anew before it expires: XFetch (Vattani, Chierichetti and Lowenstein:
 * Optimal Probabilistic Cache Stampede Prevention, VLDB 2015). `random` in [0, 1).
 */
export function isDueEarly(loadTime: number, expiry: number, beta: number, now: number, random: number): boolean {
  // No number of `Math.random` reaches further.
  if (expiry - now > loadTime * beta * MOST_EAGER) return false;
  return now - loadTime * beta * Math.log(1 - random) >= expiry;
}
