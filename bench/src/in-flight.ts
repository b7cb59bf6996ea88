/** Misses, and the mix of reads and writes, are measured with so many operations at a time. */
export const MISSES_IN_FLIGHT = 32;
export const MIXED_IN_FLIGHT = 32;
