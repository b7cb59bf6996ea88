// Writes the schema and the SQL of each database from the template: `pnpm --filter @evercache/test schema`.
import { writeFileSync } from "node:fs";
import { readTemplate, schemaFile, sqlFile } from "./files.js";
import { schemaSql } from "./schema-sql.js";
import { PROVIDERS, schemaVariant } from "./variants.js";

const template = readTemplate();
for (const provider of PROVIDERS) {
  writeFileSync(schemaFile(provider), schemaVariant(template, provider));
  writeFileSync(sqlFile(provider), await schemaSql(template, provider));
}
// The engine in WebAssembly leaves a handle open.
process.exit(0);
