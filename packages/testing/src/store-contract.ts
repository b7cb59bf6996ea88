import { describe } from "vitest";
import { entryContract } from "./contract/entries.js";
import { leaseContract } from "./contract/leases.js";
import { lifecycleContract } from "./contract/lifecycle.js";
import { lockContract } from "./contract/locks.js";
import { namedLeaseContract } from "./contract/named-leases.js";
import { raceContract } from "./contract/races.js";
import { randomContract } from "./contract/random.js";
import { replacementContract } from "./contract/replacements.js";
import type { MakeStore } from "./contract/subject.js";
import { tokenContract } from "./contract/tokens.js";
import { topicContract } from "./contract/topics.js";
import { watchContract } from "./contract/watch.js";

export type { MakeStore } from "./contract/subject.js";

/**
 * The promises of `Store`, as vitest tests: whoever writes a store calls this in a test file. `makeStore` is called for
 * each test; the suite waits until what it made is ready, and closes it. The stores may share their data: the suite
 * never uses a name twice.
 */
export function storeContract(name: string, makeStore: MakeStore): void {
  describe(`store contract: ${name}`, { timeout: 30_000 }, () => {
    tokenContract(makeStore);
    lockContract(makeStore);
    leaseContract(makeStore);
    replacementContract(makeStore);
    entryContract(makeStore);
    namedLeaseContract(makeStore);
    lifecycleContract(makeStore);
    randomContract(makeStore);
    raceContract(makeStore);
    watchContract(makeStore);
    topicContract(makeStore);
  });
}
