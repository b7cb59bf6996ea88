/** Rows that are read before the heap is looked at for the first time: what is compiled and connected is there then. */
export const MEMORY_WARM_UP = 500;

/** How many rows the table needs. */
export function memoryRows(steps: readonly number[]): number {
  return MEMORY_WARM_UP + Math.max(...steps);
}
