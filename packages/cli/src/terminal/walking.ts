import { formatCount } from "./format.js";
import type { Terminal } from "./terminal.js";

/** The progress of a walk through all keys of Redis, of which only an estimate is known. */
export type Walk = (examined: number, total: number) => void;

/** Shows how far `walk` is, as it says itself. Saying so throws once `signal` is aborted. */
export async function walking<T>(
  { terminal, signal }: { readonly terminal: Pick<Terminal, "progress">; readonly signal: AbortSignal },
  title: string,
  walk: (at: Walk) => Promise<T>,
): Promise<T> {
  const progress = await terminal.progress(title);
  try {
    return await walk((examined, total) => {
      signal.throwIfAborted();
      const share = total === 0 ? 1 : Math.min(1, examined / total);
      const percent = `${Math.floor(share * 100)} %`;
      progress.say(`${title}: ${percent}, ${formatCount(examined)} of ~${formatCount(total)}`);
    });
  } finally {
    progress.done();
  }
}
