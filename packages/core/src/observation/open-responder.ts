import type { CacheOptions } from "../cache-options.js";
import type { CacheEvent, CacheEventListener } from "../events.js";
import type { Hearing, Store } from "../store/store.js";
import { REQUESTS } from "./message.js";
import { thisProcess } from "./process-info.js";
import type { ObservedStats } from "./reply.js";
import { Responder } from "./responder.js";

/** What is observed. */
export interface Observed {
  readonly stats: (queries: number) => ObservedStats;
  readonly listen: (listener: CacheEventListener) => () => void;
  readonly report: (event: CacheEvent) => void;
  readonly monotonicNow: () => number;
}

/** Undefined where nobody is to observe, or the store has no way to ask: then there is nothing that is shared either. */
export function openResponder(store: Store, options: CacheOptions, observed: Observed): Hearing | undefined {
  const { observable, now = Date.now } = options;
  if (!observable || !store.hear || !store.say) return undefined;
  let isWarned = false;
  const responder = new Responder({
    process: thisProcess(observable.version),
    say: (topic, text) => store.say!(topic, text),
    stats: observed.stats,
    listen: observed.listen,
    now,
    monotonicNow: observed.monotonicNow,
    refused: (error) => {
      if (isWarned) return;
      isWarned = true;
      const reason = error instanceof Error ? error.message : String(error);
      const message = `This process cannot be observed: ${reason}. If that is as it should be, write observable: false.`;
      observed.report({ type: "warning", code: "NOT_OBSERVABLE", message });
    },
  });
  const hearing = store.hear(REQUESTS, responder);
  return {
    close: () => {
      responder.close();
      return hearing.close();
    },
  };
}
