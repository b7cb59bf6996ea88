import { setTimeout as delay } from "node:timers/promises";
import { Ledger } from "./demo/ledger.js";
import { runLoad } from "./demo/load.js";
import { createTraffic } from "./demo/traffic.js";
import { Verdicts } from "./demo/verdicts.js";
import { seededRandom } from "./random.js";
import { SHOP_SIZE } from "./seed/shop.js";

/** Visitors of a shop that runs already, until this is ended: for those who want to see something in a dashboard. */
const url = process.env["SHOP_URL"] ?? "http://127.0.0.1:3000";
const CONNECTIONS = 4;
const LONG_SECONDS = 24 * 3600;

const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => ended.abort());

const traffic = createTraffic(seededRandom(Date.now()), SHOP_SIZE, new Ledger(), new Verdicts());
while (!ended.signal.aborted) {
  console.log(`Visiting ${url}`);
  await runLoad({
    url,
    connections: CONNECTIONS,
    seconds: LONG_SECONDS,
    next: traffic.next,
    signal: ended.signal,
    onSecond: (rate) => process.stdout.write(`\r${rate} requests/s   `),
  }).catch((error: unknown) => {
    if (!ended.signal.aborted) console.error(error);
  });
  await delay(1_000, undefined, { signal: ended.signal }).catch(() => {});
}
