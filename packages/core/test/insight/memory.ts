import { CountsByQuery } from "../../src/insight/counts-by-query.js";
import { CountsByOperation } from "../../src/read-counts.js";
import { fieldTag } from "../../src/tag.js";

/** Prints how many bytes the counts of very many queries take. Needs `--expose-gc`. */
function heapUsed(): number {
  for (let i = 0; i < 5; i++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

function ask(counts: CountsByQuery, reads: number, shapes: number): void {
  for (let read = 0; read < reads; read++) {
    const shape = `{ where: { ${read % shapes}: ${"x".repeat(280)} } }`;
    const tags = ["a", "b", "c"].map((name) => fieldTag("Product", name, String(read)));
    const of = counts.of({ model: "Product", operation: "findMany", shape }, tags);
    of.loads++;
    of.loadMilliseconds += 1.5;
    of.savedMilliseconds += read / 3;
  }
}

// What is compiled, and what is made once, is none of it.
ask(new CountsByQuery(new CountsByOperation()), 10_000, 10);
const before = heapUsed();
const counts = new CountsByQuery(new CountsByOperation());
ask(counts, 100_000, 10_000);
const bytes = heapUsed() - before;
console.log(JSON.stringify({ bytes, told: counts.insight(100).byLoads.length }));
