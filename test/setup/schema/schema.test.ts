import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSql, readTemplate, schemaFile } from "./files.js";
import { schemaSql } from "./schema-sql.js";
import { PROVIDERS, schemaVariant } from "./variants.js";

describe.each(PROVIDERS)("what is committed for %s comes from the template", (provider) => {
  it("the schema", () => {
    expect(readFileSync(schemaFile(provider), "utf8")).toBe(schemaVariant(readTemplate(), provider));
  });

  it("the SQL", async () => {
    expect(readSql(provider)).toBe(await schemaSql(readTemplate(), provider));
  });
});

describe("schemaVariant", () => {
  const template = "generator client {}\na String[] // only postgresql, sqlite\nb {{uuid}}\n";

  it("leaves out what is for others, and says how a database spells things", () => {
    expect(schemaVariant(template, "postgresql")).toContain("a String[]\nb gen_random_uuid()");
    expect(schemaVariant(template, "mysql")).not.toContain("String[]");
  });

  it("rejects a spelling that it does not know", () => {
    expect(() => schemaVariant("generator client {}\n{{nothing}}", "sqlite")).toThrow("{{nothing}}");
  });
});
