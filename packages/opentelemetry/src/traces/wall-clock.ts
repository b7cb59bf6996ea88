/**
 * The time of day in milliseconds with a fraction. `Date.now()` has none, and `performance.timeOrigin` does not follow when the
 * system's clock is set: this stays within the millisecond that `Date.now()` says.
 */
export function createWallClock(date = Date.now, monotonic = () => performance.now()): () => number {
  let offset = performance.timeOrigin;
  return () => {
    const elapsed = monotonic();
    const millisecond = date();
    const now = offset + elapsed;
    if (now >= millisecond && now < millisecond + 1) return now;
    const nearest = now < millisecond ? millisecond : millisecond + 0.999;
    offset = nearest - elapsed;
    return nearest;
  };
}
