import { setTimeout as delay } from "node:timers/promises";
import type { Settings } from "../../config/settings.js";
import { withNamespace } from "../../connection/namespace.js";
import type { FingerprintFacts } from "../judge/fingerprints.js";

/** Keys of the server that are looked at: SCAN brings them in no order, so that they are as good as any. */
const MOST_EXAMINED = 20_000;
/** Milliseconds that all of it may take. */
const LONGEST = 3_000;

/** By which schemas the results were stored that are there now; undefined where keys may not be listed. */
export async function readFingerprints(settings: Settings): Promise<FingerprintFacts | undefined> {
  const over = new AbortController();
  const tooLong = delay(LONGEST, undefined, { signal: over.signal }).catch(() => undefined);
  const facts = await Promise.race([sample(settings).catch(() => undefined), tooLong]);
  over.abort();
  return facts;
}

function sample(settings: Settings): Promise<FingerprintFacts> {
  return withNamespace(settings, async ({ admin }) => {
    const results = new Map<string, number>();
    for await (const { keys, examined } of admin.keys()) {
      for (const key of keys) {
        if (key.kind === "entry") results.set(key.fingerprint, (results.get(key.fingerprint) ?? 0) + 1);
      }
      if (examined >= MOST_EXAMINED) break;
    }
    return { results };
  });
}
