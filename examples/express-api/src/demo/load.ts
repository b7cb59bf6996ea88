import autocannon from "autocannon";
import type { Call } from "./traffic.js";

export interface LoadOptions {
  url: string;
  connections: number;
  seconds: number;
  next: () => Call;
  signal: AbortSignal;
  /** About once a second, with the number of answers since the last time. */
  onSecond(requestsPerSecond: number): void;
}

export interface LoadResult {
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Connections that broke, and answers that did not come in time. */
  errors: number;
}

/** Sends one call after the other over `connections` connections, each waiting for its answer before it sends the next request. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let errors = 0;
  let counted = 0;
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const instance = autocannon(
      {
        url: options.url,
        connections: options.connections,
        duration: options.seconds,
        sampleInt: 100,
        requests: [requestOf(options.next)],
      },
      (error, result) => {
        clearInterval(everySecond);
        options.signal.removeEventListener("abort", stop);
        errors = result?.errors ?? 0;
        if (error instanceof Error) reject(error);
        else resolve();
      },
    );
    instance.on("response", (_client, _status, _bytes, milliseconds) => latencies.push(milliseconds));
    const everySecond = setInterval(() => {
      options.onSecond(latencies.length - counted);
      counted = latencies.length;
    }, 1_000);
    const stop = () => instance.stop();
    options.signal.addEventListener("abort", stop, { once: true });
  });
  options.signal.throwIfAborted();

  const seconds = (performance.now() - started) / 1_000;
  // autocannon's own percentiles are whole milliseconds.
  const sorted = Float64Array.from(latencies).sort();
  return {
    requestsPerSecond: sorted.length / seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    errors,
  };
}

/** A request that is another one every time it is sent. The context is the connection's own. */
function requestOf(next: () => Call): autocannon.Request {
  return {
    setupRequest(request, context: { call?: Call }) {
      const call = next();
      context.call = call;
      const { method, path } = call;
      if (!call.body) return { ...request, method, path, headers: {} };
      const headers = { "content-type": "application/json" };
      return { ...request, method, path, headers, body: JSON.stringify(call.body) };
    },
    onResponse(status, body, context: { call?: Call }) {
      context.call?.settle(status, body);
    },
  };
}

/** @param sorted ascending */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
