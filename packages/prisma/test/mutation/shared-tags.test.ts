import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import type { DataModel } from "../../src/schema/data-model.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { watchedLinks, watchedQuery } from "./finest-tags.js";
import { Refused, ToyDatabase } from "./toy-database.js";
import { Operations, TOY, type Operation } from "./toy-operations.js";

/** Runs a write as the extension does. Returns the tags that it changes, or null if the write is refused. */
function writeTags(dataModel: DataModel, database: ToyDatabase, write: Operation): ReadonlySet<string> | null {
  const written = effects(dataModel, write);
  const { changed, fenced } = written;
  const asked = write.args["select"];
  let result: unknown;
  try {
    result = database.write(write.model, write.operation, written.args as Record<string, unknown>);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
  const learnt = written.after(result);
  const rows = written.strip(result);
  if (asked && rows !== null) {
    for (const row of Array.isArray(rows) ? rows : [rows])
      expect(Object.keys(row as object)).toEqual(Object.keys(asked));
  }
  return new Set([...changed, ...learnt.changed, ...fenced.filter((tag) => !learnt.unchanged.includes(tag))]);
}

const binary = (a: unknown, b: unknown) => a === b;
/** As MySQL's usual collation: neither case nor accents nor spaces at the end count. */
const folding = (a: unknown, b: unknown) => fold(a) === fold(b);
const folded = new Map<string, string>();
function fold(value: unknown): unknown {
  if (typeof value !== "string") return value;
  let text = folded.get(value);
  if (text === undefined) {
    text = value.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase().trimEnd();
    folded.set(value, text);
  }
  return text;
}

describe.each([
  ["binary", "postgresql", binary, ["a", "A", "b", "c"]],
  ["folding", "mysql", folding, ["a", "A ", "ä", "b"]],
])("under a %s collation", (_, provider, isEqual, texts) => {
  const dataModel = dataModelOf(TOY.replace("postgresql", provider));

  test("a write that changes the result of a query shares a tag with it", () => {
    let [accepted, seen, links] = [0, 0, 0];
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (stream) => {
        const choose = (bound: number) => (stream.next().value ?? 0) % bound;
        const database = new ToyDatabase(dataModel, isEqual);
        let before = database.now();
        const operations = new Operations(dataModel, choose, texts, (model) => before.all(model));
        const byKey = operations.reads();
        for (let i = 0; i < 60; i++) {
          before = database.now();
          const write = operations.write(i < 12 ? 1 : 2);
          const changed = writeTags(dataModel, database, write);
          if (!changed) continue;
          accepted++;
          if (i < 12) continue;
          const reads = [...byKey, ...Array.from({ length: 20 }, () => operations.read())];
          const watched = [
            ...reads.map((query) => watchedQuery(dataModel, before, query)),
            ...watchedLinks(dataModel, [1, 2, 3, 4, 5, ...texts]),
          ];
          for (const each of watched) {
            if (JSON.stringify(each.read(before)) === JSON.stringify(each.read(database))) continue;
            const { query, tags } = each;
            seen++;
            if (typeof query === "string") links++;
            if (!tags.some((tag) => changed.has(tag))) {
              expect.fail(
                `${JSON.stringify(write)}\nchanges ${[...changed].join(" ")}\nbut not ${JSON.stringify(query)}\nwhich has ${tags.join(" ")}`,
              );
            }
          }
        }
      }),
      { numRuns: Number(process.env["EVERCACHE_TEST_RUNS"] ?? 120) },
    );
    // The test sees what it is to see: writes that are accepted, and results that they change.
    expect(accepted).toBeGreaterThan(1500);
    expect(seen).toBeGreaterThan(3000);
    expect(links).toBeGreaterThan(400);
  }, 1_200_000);
});
