// Explores every variant and prints what was found; with --full the large ones too. Exits with 1 if one is not as it should be.
import { explore } from "./explore.js";
import { PROPERTIES, protocolModel } from "./protocol-model.js";
import { LEGEND, lineOf, tracesOf } from "./text.js";
import { COUNTEREXAMPLES, LARGE, PROMISES, type Variant } from "./variants.js";

let isRight = true;

function show(variant: Variant): void {
  const found = explore(protocolModel(variant.setting), []);
  console.log([lineOf(variant, found), ...tracesOf(found)].join("\n"));
  const isExpected = PROPERTIES.every(
    (property) => found.violations.has(property) === variant.breaks.includes(property),
  );
  isRight &&= found.complete && isExpected;
}

console.log(LEGEND);
for (const { title, variants } of [...PROMISES, ...(process.argv.includes("--full") ? LARGE : [])]) {
  console.log(`\n${title}`);
  for (const variant of variants) show(variant);
}
console.log("\none rule less");
for (const variant of COUNTEREXAMPLES) show(variant);
console.log(isRight ? "\nAll as expected." : "\nNot as expected: see the marks.");
process.exitCode = isRight ? 0 : 1;
