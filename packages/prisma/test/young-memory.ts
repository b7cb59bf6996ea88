import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { readonly type: "minor" }) => void;

export function collectYoung(): void {
  collect({ type: "minor" });
}

/** Bytes that outlive the collection of young memory, for each of so many that `make` makes or resolves to, and nobody holds. */
export async function keptBy(make: () => unknown, times: number): Promise<number> {
  for (let i = 0; i < 20; i++) await make();
  collect();
  const { heapUsed } = process.memoryUsage();
  for (let i = 0; i < times; i++) {
    await make();
    if (i % 10 === 9) collectYoung();
  }
  collectYoung();
  collectYoung();
  return (process.memoryUsage().heapUsed - heapUsed) / times;
}
