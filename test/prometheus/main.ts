import { parseArgs } from "node:util";
import { underLoad } from "./under-load.js";

/*
 * The example's API under load, and whether the metrics agree with what is counted outside of the cache: requests by who sends
 * them, queries below the cache. Where `prometheus` is on PATH, it scrapes meanwhile, and is asked each query of the dashboard
 * and each alert. `--minutes 5 --verify 0.02`.
 */
const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, verify: { type: "string", default: "0" } },
});
const [minutes, verify] = [Number(values.minutes), Number(values.verify)];
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: write a number above 0, for example --minutes 5.`);

const { load, comparisons, prometheus } = await underLoad(minutes * 60_000, verify);
const { requests, verdicts } = load;
console.log(`${requests} requests in ${minutes} min, ${verdicts.checked} answers checked, ${verdicts.stale} stale`);
console.table(comparisons.map((row) => ({ ...row, difference: `${(row.difference * 100).toFixed(3)} %` })));
if (prometheus) {
  console.table(prometheus.panels);
  console.table(prometheus.rules);
}
const isWrong =
  comparisons.some(({ difference }) => difference > 0.005) ||
  prometheus?.panels.some(({ series }) => series === 0) ||
  prometheus?.rules.some(({ health }) => health !== "ok");
if (isWrong) process.exitCode = 1;
