import { empty, join, makeTypedQueryFactory, raw, Sql, sqltag } from "@prisma/client/runtime/client";
import { describe, expect, test } from "vitest";
import { rawEffects, sqlOf } from "../../src/mutation/raw-sql.js";
import { tagsOfModel } from "../../src/schema/paths.js";
import { readDataModel } from "../../src/schema/read-data-model.js";
import { dataModelOf, runtimeDataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, SHOP, SQLITE, SQLSERVER } from "../schema/schemas.js";

const shop = dataModelOf(SHOP);
const mysql = dataModelOf(MYSQL);
const sqlite = dataModelOf(SQLITE);
const sqlserver = dataModelOf(SQLSERVER);

/** Names the models of a verdict, each once. */
function modelsOf(sql: string | null, dataModel = shop): string[] | string {
  const result = rawEffects(dataModel, { text: sql, values: null });
  if (result === "reads-only") return result;
  return [...new Set(result.map((tag) => tag.slice(0, tag.indexOf(":"))))];
}

const EVERYTHING = "everything";
function verdictOf(sql: string | null, dataModel = shop): string[] | string {
  const models = modelsOf(sql, dataModel);
  return typeof models !== "string" &&
    models.length > 5 &&
    [...dataModel.models.keys()].every((name) => models.includes(name))
    ? EVERYTHING
    : models;
}

describe("reads", () => {
  test.each([
    ["select 1"],
    ["SELECT * FROM users WHERE id = $1;"],
    ["  (SELECT id FROM users) UNION (SELECT id FROM other_table)"],
    ["WITH a AS (SELECT 1), b (x, y) AS MATERIALIZED (SELECT 1, 2) SELECT * FROM a, b"],
    ["SELECT count(*), coalesce(max(points), 0) FROM users u WHERE u.email LIKE lower($1) AND id IN (1, 2)"],
    ["SELECT * FROM users ORDER BY id FOR UPDATE SKIP LOCKED"],
    ["SELECT * FROM users FOR NO KEY UPDATE"],
    ["SELECT 'delete from users'"],
    ["SELECT 'it''s; drop table users'"],
    ["SELECT 1 -- ; delete from users"],
    ["/* update users /* nested */ */ SELECT 1"],
    ["SELECT replace(name, 'a', 'b'), insert(name, 1, 2, 'x') FROM users"],
    ['SELECT "update", u."delete" FROM users u'],
    ["SELECT u.create, u.update FROM users u"],
    ["SELECT json_build_object('a', 1), ST_Distance(a, b), jsonb_agg(x) FROM unnest($1::int[]) AS t(x)"],
    ["SELECT pg_catalog.lower('A'), CAST(x AS numeric(10, 2)), x::varchar(3) FROM generate_series(1, 5) t(x)"],
    ["SELECT row_number() OVER (PARTITION BY role ORDER BY id) FROM users"],
    ["SELECT pg_advisory_xact_lock(1)"],
    ["SELECT set_config('app.user', $1, true)"],
    ["SET LOCAL app.user = '5'"],
    ["BEGIN; SELECT 1; COMMIT"],
    ["SAVEPOINT a"],
    ["SHOW search_path"],
    ["EXPLAIN SELECT * FROM users"],
    ["EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM users"],
    ["VALUES (1, 2)"],
    ["TABLE users"],
    ["LOCK TABLE users IN EXCLUSIVE MODE"],
    ["PRAGMA table_info('users')"],
    ["SELECT * FROM some_view"],
    [""],
    [";;"],
  ])("%s", (sql) => expect(rawEffects(shop, { text: sql, values: null })).toBe("reads-only"));
});

describe("writes to tables that they name", () => {
  const USER = ["Cart", "Comment", "Post", "Profile", "User", "_Friends", "_PostToTag", "_ProductToUser"];
  test.each<[string, string[]]>([
    ["UPDATE users SET points = 1", ["User"]],
    ["UPDATE users SET id = 1", USER.filter((name) => name !== "Comment" && name !== "_PostToTag")],
    ["UPDATE users u SET points = 1 FROM order_lines l WHERE l.id = u.id", USER],
    ['update "Comment" set "text" = $1 where id = $2', ["Comment"]],
    ['UPDATE public."Comment" AS c SET text = lower(c.text)', ["Comment"]],
    ['UPDATE ONLY "Comment" SET text = $1', ["Comment"]],
    [
      'INSERT INTO "Comment" ("id", "text") VALUES (1, $1) ON CONFLICT ("id") DO UPDATE SET text = excluded.text',
      ["Comment"],
    ],
    ['INSERT INTO public."Comment"(id) SELECT id FROM "Tag"', ["Comment"]],
    ['INSERT INTO "Comment" AS c (id) VALUES (1) RETURNING *', ["Comment"]],
    ['DELETE FROM "Order" WHERE id = 1', ["Order", "OrderLine"]],
    ['DELETE FROM order_lines USING "Comment" WHERE true', ["OrderLine"]],
    ["delete from ORDER_LINES", ["OrderLine"]],
    ['TRUNCATE "Comment", order_lines RESTART IDENTITY', ["Comment", "OrderLine"]],
    ['TRUNCATE TABLE "Comment"', ["Comment"]],
    [
      'MERGE INTO "Comment" c USING order_lines l ON c.id = l.id WHEN MATCHED THEN UPDATE SET text = $1 WHEN NOT MATCHED THEN INSERT (id) VALUES (1)',
      ["Comment"],
    ],
    ['WITH gone AS (DELETE FROM "Comment" RETURNING id) SELECT * FROM gone', ["Comment"]],
    ['WITH c AS (SELECT 1) UPDATE "Comment" SET text = $1 FROM c', ["Comment"]],
    ['EXPLAIN ANALYZE DELETE FROM "Comment"', ["Comment"]],
    ['UPDATE "Comment" SET text = $1; DELETE FROM order_lines', ["Comment", "OrderLine"]],
    ['UPDATE "Comment" SET text = \'Reading\' -- and "Tag"\n', ["Comment"]],
    [
      '/* "Tag" */ UPDATE "Comment" SET n = extract(epoch from now()), s = substring(text from 2), d = trim(both from text)',
      ["Comment"],
    ],
    ['UPDATE "Comment" SET text = $1 WHERE text IS DISTINCT FROM $2', ["Comment"]],
    ['INSERT INTO "_PostToTag" ("A", "B") VALUES (1, $1)', ["_PostToTag"]],
    ['UPDATE "Country" SET code = $1', ["Address", "Country", "Region"]],
    ['DO $$ BEGIN DELETE FROM "Comment"; END $$', ["Comment"]],
    [
      "DO $body$ BEGIN DELETE FROM \"Comment\" WHERE text = 'it''s'; UPDATE order_lines SET sku = $q$it's$q$; END $body$",
      ["Comment", "OrderLine"],
    ],
    [
      "INSERT INTO \"Comment\" (text) VALUES ($$it's$$); DELETE FROM order_lines WHERE sku = 'x'",
      ["Comment", "OrderLine"],
    ],
    ['SELECT 1; INSERT INTO "Comment" DEFAULT VALUES', ["Comment"]],
  ])("%s", (sql, models) => expect(modelsOf(sql)).toEqual(models));

  test("change every row of them", () => {
    const text = 'DELETE FROM "Order" USING order_lines';
    const every = ["Order", "OrderLine"].flatMap((model) => tagsOfModel(shop, model));
    expect(rawEffects(shop, { text, values: null })).toEqual(every);
  });

  test.each<[typeof shop, string, string[]]>([
    [mysql, "UPDATE `Note` SET text = ?", ["Note"]],
    [mysql, "INSERT IGNORE INTO Note (id) VALUES (1) ON DUPLICATE KEY UPDATE text = VALUES(text)", ["Note"]],
    [mysql, "REPLACE INTO `shop`.`Note` SET id = 1", ["Note"]],
    [mysql, "DELETE n FROM Note n JOIN `Group` g ON g.id = n.id", ["Group", "Note", "_AccountToGroup"]],
    [mysql, "UPDATE Note n, `Group` g SET n.text = g.id", ["Group", "Note", "_AccountToGroup"]],
    [mysql, "DELETE FROM Note # ; drop\nWHERE id = 1--1", ["Note"]],
    [mysql, 'UPDATE Note SET text = "Group"', ["Note"]],
    [mysql, 'UPDATE Note SET text = "Other" WHERE id IN (SELECT id FROM Note)', ["Note"]],
    [mysql, 'UPDATE Note n JOIN Note m SET n.text = "Group"', ["Group", "Note", "_AccountToGroup"]],
    [sqlite, "INSERT OR REPLACE INTO C (key) VALUES (?)", ["C"]],
    [sqlite, "UPDATE OR IGNORE [C] SET key = ?", ["C"]],
    [sqlserver, "DELETE [dbo].[Part] WHERE id = @P1", ["Part"]],
    [sqlserver, "UPDATE Part SET itemId = NEWID() OUTPUT inserted.id", ["Part"]],
  ])("%#: %s", (dataModel, sql, models) => expect(modelsOf(sql, dataModel)).toEqual(models));
});

describe("may change everything", () => {
  test.each([
    [null],
    ["DELETE FROM unknown_table"],
    ['TRUNCATE "Comment" CASCADE'],
    ['UPDATE some_view SET x = 1 FROM "Comment"'],
    ['DELETE FROM "Activity"'],
    ['INSERT INTO "Comment" SELECT archive(1)'],
    ["SELECT close_month($1)"],
    ["SELECT shop.lower('a')"],
    ['SELECT "CloseMonth"()'],
    ["SELECT * FROM close_month()"],
    ["CALL close_month()"],
    ["EXECUTE stmt"],
    ["CREATE TABLE x (id int)"],
    ['ALTER TABLE "Comment" ADD x int'],
    ['DROP TABLE "Comment"'],
    ["COPY users FROM '/tmp/x'"],
    ["SELECT * INTO copied FROM users"],
    ["REFRESH MATERIALIZED VIEW x"],
    ["GRANT ALL ON users TO x"],
    ["DO $$ BEGIN EXECUTE 'delete from ' || x; END $$"],
    ["DO $$ BEGIN PERFORM f(); END $$"],
    ["DO LANGUAGE plpython3u $$ x $$"],
    ["DO $$ not closed"],
    ["UPDATE users SET name = 'not closed"],
    ["SELECT 1 /* not closed"],
    ["UPDATE users SET name = 'a\\'; DELETE FROM users --'"],
    ['UPDATE U&"us\\0065rs" SET x = 1'],
    ["gibberish"],
    ['"users"'],
    ["$1"],
    ["UPDATE $1 SET x = 1"],
    ["MERGE INTO unknown USING users ON true WHEN MATCHED THEN DELETE"],
    ["WITH x AS (DELETE FROM unknown RETURNING 1) SELECT * FROM x"],
    ["SELECT 1; VACUUM; close_month()"],
  ])("%s", (sql) => expect(verdictOf(sql)).toBe(EVERYTHING));

  test.each([
    [mysql, "/*!50003 DELETE FROM Note */ SELECT 1", 3],
    [mysql, "LOAD DATA INFILE 'x' INTO TABLE Note", 3],
    [mysql, 'UPDATE Note SET text = "a\\" WHERE id = 1; DELETE FROM `Group` #"', 3],
    [sqlserver, "EXEC close_month", 2],
    [sqlserver, "UPDATE TOP (5) Part SET id = 1", 2],
    [sqlserver, "UPDATE p SET id = 1 FROM Part p", 2],
    [sqlite, "ATTACH 'x.db' AS x", 3],
  ])("%#: %s", (dataModel, sql, count) => {
    const models = modelsOf(sql, dataModel);
    expect(models).toEqual(expect.arrayContaining([...dataModel.models.keys()]));
    expect([...dataModel.models.keys()]).toHaveLength(count);
  });
});

test("without a schema text, a write reaches every model that relations connect", () => {
  const { dataModel } = readDataModel({ runtimeDataModel: runtimeDataModelOf(SHOP), provider: "postgresql" });
  const changed = modelsOf('UPDATE "Comment" SET text = $1', dataModel);
  expect(changed).toEqual(expect.arrayContaining(["Comment", "Country", "Product"]));
  expect(changed).not.toContain("Reading");
});

test("two models whose tables have the same name in two schemas both change", () => {
  const text = `datasource db {\n  provider = "postgresql"\n  schemas = ["a", "b"]\n}\nmodel A {\n  id Int @id\n  @@map("t")\n  @@schema("a")\n}\nmodel B {\n  id Int @id\n  @@map("t")\n  @@schema("b")\n}\n`;
  expect(modelsOf("DELETE FROM a.t", dataModelOf(text))).toEqual(["A", "B"]);
});

describe("the text of a raw operation", () => {
  const tag = (strings: TemplateStringsArray, ...values: number[]) => sqltag(strings, ...values);

  test.each<[string, unknown, string | null]>([
    [
      "$executeRaw",
      tag`UPDATE users SET points = ${1} WHERE id = ${2}`,
      "UPDATE users SET points =  ?  WHERE id =  ? ",
    ],
    ["$queryRaw", new Sql(["SELECT 1"], []), "SELECT 1"],
    [
      "$executeRaw",
      sqltag(["DELETE FROM ", " WHERE id IN (", ")", ""], raw("users"), join([1, 2]), empty),
      "DELETE FROM users WHERE id IN ( ? , ? )",
    ],
    ["$executeRawUnsafe", ["UPDATE users SET points = $1", 5], "UPDATE users SET points = $1"],
    ["$queryRawUnsafe", ["SELECT 1"], "SELECT 1"],
    ["$queryRawTyped", makeTypedQueryFactory("SELECT 2")(1), "SELECT 2"],
    ["$queryRaw", [["SELECT ", ""], 1], "SELECT  ? "],
    ["$queryRaw", [new Sql(["SELECT 1"], [])], "SELECT 1"],
    ["$executeRaw", "SELECT 1", "SELECT 1"],
    ["$executeRaw", { text: "SELECT 1" }, "SELECT 1"],
    ["$executeRaw", { strings: [1, 2] }, null],
    ["$executeRaw", { other: 1 }, null],
    ["$executeRaw", [5], null],
    ["$executeRaw", undefined, null],
    ["$executeRaw", null, null],
    ["$runCommandRaw", { sql: "SELECT 1" }, null],
  ])("%s %#", (operation, args, expected) => {
    expect(sqlOf(operation, args).text?.replaceAll(/\s+/g, " ") ?? null).toBe(
      expected?.replaceAll(/\s+/g, " ") ?? null,
    );
  });
});
