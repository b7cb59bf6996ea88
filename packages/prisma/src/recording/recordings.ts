import { asObject, checkNames, EvercacheError, type ReadPlan } from "@evercache/core";
import { dataPathOf, type ReadCall } from "../client/hook.js";
import type { RecordedQuery, Recording as PublicRecording } from "../types/recording.js";
import { Hottest } from "./hottest.js";
import { spellQuery, type NotedRead } from "./recorded-query.js";

const MOST_QUERIES = 1000;

/** Characters of a query. Longer ones, of long lists of ids mostly, would take memory without bound. */
const LONGEST_QUERY = 10_000;

type Planned = Pick<ReadPlan<unknown>, "key" | "identity" | "keyring">;

/** The recordings that run. */
export class Recordings {
  /** Whether there are any: nothing else is asked of a read while there are none. */
  isOn = false;
  readonly #running = new Set<Recording>();

  /** `scope`: the user's own. */
  constructor(private readonly scope: (() => string) | undefined) {}

  /** @throws EvercacheError for a wrong option */
  start(options: unknown): PublicRecording {
    const recording = new Recording(mostOf(options), this.scope, () => {
      this.#running.delete(recording);
      this.isOn = this.#running.size > 0;
    });
    this.#running.add(recording);
    this.isOn = true;
    return recording;
  }

  /** A read that is answered through the cache, wherever from. */
  note(plan: Planned, call: ReadCall): void {
    for (const recording of this.#running) recording.note(plan, call);
  }
}

class Recording implements PublicRecording {
  readonly #hottest: Hottest<NotedRead>;
  #leftOut = 0;

  constructor(
    most: number,
    private readonly scope: (() => string) | undefined,
    private readonly onStop: () => void,
  ) {
    this.#hottest = new Hottest(most);
  }

  note({ key, identity, keyring }: Planned, call: ReadCall): void {
    const text = identity ?? key;
    // Whoever has results of a model encrypted wants its values in no file in clear.
    if (keyring !== undefined || text.length > LONGEST_QUERY) this.#leftOut++;
    else this.#hottest.see(text, () => notedOf(call, this.scope));
  }

  get skipped(): number {
    const unspelled = this.#spell().filter(({ query }) => query === null);
    return unspelled.reduce((sum, { seen }) => sum + seen, this.#leftOut);
  }

  queries(): RecordedQuery[] {
    return this.#spell().flatMap(({ query }) => query ?? []);
  }

  stop(): RecordedQuery[] {
    this.onStop();
    return this.queries();
  }

  #spell(): { readonly query: RecordedQuery | null; readonly seen: number }[] {
    return this.#hottest.top().map(({ value, seen }) => ({ query: spellQuery(value, seen), seen }));
  }
}

/** What a result depends on besides its query is asked for where the query runs. */
function notedOf(call: ReadCall, scope: (() => string) | undefined): NotedRead {
  const { model, operation, args } = call;
  return { model, operation, args, dataPath: dataPathOf(call), scope: scope?.() };
}

function mostOf(input: unknown): number {
  const options = asObject(input ?? {}, "$cache.record", "write { max: 1000 } or leave it out");
  checkNames(options, ["max"], "$cache.record");
  const { max = MOST_QUERIES } = options;
  if (Number.isSafeInteger(max) && (max as number) > 0) return max as number;
  throw new EvercacheError("INVALID_OPTION", "$cache.record: max: write a whole number from 1 on.", { value: max });
}
