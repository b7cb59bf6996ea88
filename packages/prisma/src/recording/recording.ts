import type { ReadPlan } from "@evercache/core";
import { dataPathOf, type ReadCall } from "../client/hook.js";
import type { RecordedQuery, Recording as PublicRecording } from "../types/recording.js";
import { Hottest } from "./hottest.js";
import { spellQuery, type NotedRead } from "./recorded-query.js";

/** Characters of a query. Longer ones, of long lists of ids mostly, would take memory without bound. */
const LONGEST_QUERY = 10_000;

export type Planned = Pick<ReadPlan<unknown>, "key" | "identity" | "keyring">;

/** Counts what is read, until it is stopped. */
export class Recording implements PublicRecording {
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
