import { describe, expect, test } from "vitest";
import { readChange, type SqlChange } from "../../src/mutation/sql-change.js";

const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

function said(change: SqlChange | null): unknown {
  if (!change) return null;
  const { verb, table, written, equal, oneOf } = change;
  return [
    `${verb} ${table}`,
    Object.fromEntries(written),
    { ...Object.fromEntries(equal), ...Object.fromEntries(oneOf) },
  ];
}

describe("a simple statement says", () => {
  test.each<[string, string, readonly unknown[] | null, object, object]>([
    [
      "literals",
      "UPDATE t SET a = 1, b = 'it''s', c = true, d = NULL WHERE id = 5",
      [],
      { a: 1, b: "it's", c: true, d: null },
      { id: 5 },
    ],
    ["parameters in order", "UPDATE t SET a = ?, b = ? WHERE id = ?", [1, "x", 5n], { a: 1, b: "x" }, { id: 5n }],
    [
      "parameters by number",
      'UPDATE "s"."T" AS x SET "A" = $2 WHERE x."Id" = $1 RETURNING *',
      [5, "x"],
      { a: "x" },
      { id: 5 },
    ],
    ["what it can", "UPDATE t SET a = a + $1 WHERE id = $2::uuid AND b > 3", [1, uuid], { a: undefined }, { id: uuid }],
    ["no marks beside numbers", "DELETE FROM t WHERE a ? $1 AND b = ? AND c = $2", [1, 2], {}, { c: 2 }],
    ["no marks that do not count up", "DELETE FROM t WHERE a ? 'x' AND b = ?", [1], {}, {}],
    ["several values", "DELETE FROM t WHERE id IN (?, ?)", [1, 2], {}, { id: [1, 2] }],
    ["nothing of a list with an unknown", "DELETE FROM t WHERE id IN (?, a)", [1], {}, {}],
    ["nothing of values that are not known", "DELETE FROM t WHERE id = ? LIMIT 3", null, {}, {}],
    [
      "nothing of values that are not plain",
      "DELETE FROM t WHERE a = $1 AND b = $2 AND c = $3 AND d = $4",
      [new Date(0), 1.5, {}, undefined],
      {},
      {},
    ],
    ["nothing of text with a backslash", "DELETE FROM t WHERE a = 'x\\y'", [], {}, {}],
    ["no keyword behind a dot, in a WHERE", "DELETE FROM t x WHERE x.id = 1 AND x.order = 2 OR x.id = 3", [], {}, {}],
    [
      "no keyword behind a dot, in a SET",
      "UPDATE t x SET a = x.order, b = x.from, c = 3 WHERE x.or = 1 AND x.and = 2",
      [],
      { a: undefined, b: undefined, c: 3 },
      { or: 1, and: 2 },
    ],
    [
      "nothing of what a cast may store",
      "UPDATE t SET a = '05'::int WHERE id = '5'::int",
      [],
      { a: undefined },
      { id: "5" },
    ],
    ["no marks with numbers", "UPDATE t SET a = ?2 WHERE id = ? AND b = ?1", [1, 2, 3], { a: undefined }, {}],
    ["the first of two", "DELETE FROM t WHERE id = 1 AND id = 2", [], {}, { id: 1 }],
    ["nothing of a disjunction", "DELETE FROM t WHERE id = 1 AND a = 2 OR b = 3", [], {}, {}],
    ["nothing else", "DELETE FROM t", [], {}, {}],
    ["that rows are added", "INSERT INTO s.t (id) VALUES (?)", [1], {}, {}],
  ])("%s: %s", (_, sql, values, written, where) => {
    const change = said(readChange(sql, "postgresql", values));
    expect(change).toEqual([`${sql.split(" ")[0]?.toLowerCase()} t`, written, where]);
  });
});

describe("a statement that may do more says nothing", () => {
  test.each([
    "SELECT 1",
    "UPDATE t SET a = 1; DELETE FROM u",
    "WITH x AS (DELETE FROM u) UPDATE t SET a = 1",
    "UPDATE t SET a = 1 FROM u WHERE u.id = t.id",
    "UPDATE t, u SET t.a = 1",
    "UPDATE t JOIN u SET t.a = 1",
    "UPDATE OR REPLACE t SET id = 1",
    "UPDATE t SET (a, b) = (1, 2)",
    "UPDATE t SET a[1] = 2",
    "DELETE FROM t USING u WHERE u.id = t.id",
    "DELETE t FROM t JOIN u",
    "INSERT OR REPLACE INTO t (id) VALUES (1)",
    "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
    "INSERT INTO t (id) VALUES (1) ON DUPLICATE KEY UPDATE id = 2",
    "REPLACE INTO t (id) VALUES (1)",
    "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE",
    "DELETE FROM t WHERE a = 'not closed",
    "DELETE FROM t WHERE id = 1 AND a = 1.5OR b = 2",
    "DELETE FROM t WHERE id = 1 AND 1 = 2 OR@id = 2",
  ])("%s", (sql) => expect(readChange(sql, "postgresql", [])).toBeNull());
});

test("a comment ends with its line, which in PostgreSQL may end with a carriage return alone", () => {
  const sql = "DELETE FROM t -- x\r WHERE id = 5";
  const idIn = (provider: string) => readChange(sql, provider, [])?.equal.get("id");
  expect([idIn("postgresql"), idIn("sqlite"), idIn("mysql")]).toEqual([5, undefined, undefined]);
});

test("in MySQL a name in double quotes may be a text", () => {
  const sql = "DELETE FROM t WHERE \"sku\" = 'sku' AND `id` = 1";
  expect(said(readChange(sql, "mysql", []))).toEqual(["delete t", {}, { id: 1 }]);
});
