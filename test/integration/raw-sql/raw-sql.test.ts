import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawEffects } from "../../../packages/prisma/src/mutation/raw-sql.js";
import type { DataModel } from "../../../packages/prisma/src/schema/data-model.js";
import { providers } from "../../setup/client.js";
import { CORPUS } from "./corpus.js";
import { openShop, tableOf, type Shop } from "./shop.js";
import { uncovered } from "./uncovered.js";

describe.each(providers())("what SQL changes on %s is among what it is read to change", (provider) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(provider);
  });
  afterAll(() => shop.close());

  const samples = CORPUS.filter(({ on }) => on.includes(provider)).map(({ sql, expected }) => ({
    sql: provider === "mysql" ? sql.replaceAll('"', "`") : sql,
    expected,
  }));
  test.each(samples)("$sql", async ({ sql, expected }) => {
    const { dataModel } = shop;
    const tags = rawEffects(dataModel, { text: sql, values: [] });
    const changes = await shop.changedBy(sql);
    if (expected === "reads") {
      expect(tags).toBe("reads-only");
      expect([...changes.keys()]).toEqual([]);
      return;
    }
    if (tags === "reads-only") return expect.unreachable("it writes");
    for (const [model, change] of changes) expect(uncovered(dataModel, new Set(tags), model, change)).toEqual([]);
    const read = modelsOf(tags);
    const all = [...dataModel.models.keys()];
    if (expected === "everything") return expect(all.filter((model) => !read.has(model))).toEqual([]);
    // No more than the targets, and what the database may change along with them.
    expect(expected.filter((model) => !read.has(model))).toEqual([]);
    const targets = new Set(
      expected.flatMap((model) => [...withFollowers(dataModel, tableOf(dataModel, provider, model))]),
    );
    expect([...read].filter((model) => !targets.has(model))).toEqual([]);
    return expect(read.size).toBeLessThan(all.length);
  });
});

function modelsOf(tags: readonly string[]): Set<string> {
  return new Set(tags.map((tag) => tag.slice(0, tag.indexOf(":"))));
}

/** The models of which rows may change when any row of this table does. */
function withFollowers(dataModel: DataModel, table: string): Set<string> {
  const text = `WITH x AS (SELECT 1) DELETE FROM ${table}`;
  const tags = rawEffects(dataModel, { text, values: [] });
  return modelsOf(tags === "reads-only" ? [] : tags);
}
