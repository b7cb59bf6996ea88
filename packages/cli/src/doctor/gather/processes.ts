import { setTimeout as delay } from "node:timers/promises";
import type { Settings } from "../../config/settings.js";
import { withObserver } from "../../observe/open-observer.js";
import type { ProcessFacts } from "../judge/processes.js";

/** Milliseconds that processes may take to answer; and all of it, where the server does not let them be heard. */
const PATIENCE = 500;
const LONGEST = 3_000;

/** What the processes of the namespace say of themselves; undefined where they cannot be asked. */
export async function askProcesses(settings: Settings): Promise<ProcessFacts | undefined> {
  const over = new AbortController();
  const asked = withObserver(settings, ({ observer }) => observer.stats(PATIENCE)).catch(() => undefined);
  const tooLong = delay(LONGEST, undefined, { signal: over.signal }).catch(() => undefined);
  const round = await Promise.race([asked, tooLong]);
  over.abort();
  if (!round) return undefined;
  const answers = round.answers.map(({ process: { host, pid, version }, stats }) => ({
    name: `${host}:${pid}`,
    version,
    isForeign: (stats.reads.bypassReasons?.["namespace-taken"] ?? 0) > 0,
    isCutOff: stats.breaker?.state === "open",
  }));
  return { heard: round.asked, answers };
}
