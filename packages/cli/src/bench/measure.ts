import { summarize, type Latencies } from "./latencies.js";

export interface Load {
  readonly milliseconds: number;
  /** Calls at a time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Calls again and again for a while. The first calls, which make connections and scripts warm, are not counted. */
export async function measure(call: (i: number) => Promise<unknown>, load: Load): Promise<Latencies> {
  await run(call, { ...load, milliseconds: Math.min(200, load.milliseconds / 5) });
  const began = performance.now();
  const times = await run(call, load);
  return summarize(times, performance.now() - began);
}

async function run(
  call: (i: number) => Promise<unknown>,
  { milliseconds, concurrency, signal }: Load,
): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  let calls = 0;
  const work = async (): Promise<void> => {
    do {
      signal.throwIfAborted();
      const began = performance.now();
      await call(calls++);
      times.push(performance.now() - began);
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return times;
}
