import type { Provider } from "../../setup/client.js";

/**
 * A statement in SQL, on the seeded shop. `models`: those that it may be taken to write to; what the database changes along
 * with their rows comes on top. `reads`: it writes nothing, and must not be taken to. `everything`: what it writes is not
 * to be read off it.
 */
export interface Sample {
  readonly sql: string;
  readonly on: readonly Provider[];
  readonly expected: readonly string[] | "reads" | "everything";
}

const PG: readonly Provider[] = ["postgresql"];
const MY: readonly Provider[] = ["mysql"];
const LITE: readonly Provider[] = ["sqlite"];
const BOTH: readonly Provider[] = ["postgresql", "sqlite"];
const MY_AND_LITE: readonly Provider[] = ["mysql", "sqlite"];
const ALL: readonly Provider[] = ["postgresql", "mysql", "sqlite"];

const sample = (on: readonly Provider[], expected: Sample["expected"], ...sqls: readonly string[]): Sample[] =>
  sqls.map((sql) => ({ sql, on, expected }));

/** WHEREs that name rows, and those that only seem to. */
const WHERES = [
  "id = 1",
  "id = 1 AND rating > 0",
  "rating > 0 AND (id = 1)",
  "id = 1 OR id = 2",
  "rating > 1 OR rating > 100 AND id = 1",
  "id BETWEEN 1 AND 3",
  "NOT id = 1",
  "NOT (id = 1 AND rating > 0)",
  "id IN (1, 2)",
  "id NOT IN (1, 2)",
  "id IN (SELECT id + 1 FROM users)",
  "id + 0 = 1",
  "id = 1 + 1",
  "id = -1 OR 1 = 1",
  "CASE WHEN rating > 100 AND id = 1 AND rating > 100 THEN 1 = 1 ELSE 1 = 1 END",
  "id IS NOT NULL AND id = 1",
  "id = id",
  '"productId" = 3 AND "userId" = 2',
  '"Review"."productId" = 3',
  "id = (SELECT min(id) FROM users) AND rating >= 0",
];

/** The same of databases that take a truth for a number. */
const NUMERIC_WHERES = ["rating BETWEEN 0 AND id = 1", "id = 1 = (1 = 1)"];

/** Double quotes are names here, also on MySQL, where the corpus is run with backticks in their place. */
export const CORPUS: readonly Sample[] = [
  ...sample(
    ALL,
    "reads",
    "SELECT 1",
    'SELECT * FROM "Product" WHERE id = 1',
    "SELECT 'DELETE FROM users'",
    "SELECT 'it''s; UPDATE users SET name = 1'",
    'SELECT name AS "delete" FROM users',
    "/* DELETE FROM users */ SELECT id FROM users",
    "SELECT id FROM users -- ; DELETE FROM users",
    'WITH a AS (SELECT id FROM "Product") SELECT * FROM a JOIN stock s ON s.product_id = a.id',
    "SELECT replace(name, 'a', 'b') FROM users",
    "SELECT count(*) FROM \"Order\" WHERE status = 'OPEN' GROUP BY status ORDER BY 1",
    'SELECT id FROM users UNION ALL SELECT id FROM "Product"',
    'SELECT p.id FROM ("Product" p JOIN "Category" c ON c.id = p."categoryId")',
    'SELECT (SELECT max(id) FROM users) AS m, coalesce(name, lower(name)) FROM "Supplier"',
    "SELECT CASE WHEN id = 1 THEN 'update' ELSE 'delete' END FROM users",
    "SELECT row_number() OVER (PARTITION BY role ORDER BY id) FROM users",
  ),
  ...sample(
    PG,
    "reads",
    "SELECT $$DELETE FROM users$$",
    "SELECT $q$it's; DELETE FROM users$q$",
    "VALUES (1, 2)",
    "(SELECT id FROM users) UNION (SELECT 1)",
    "TABLE users",
    "SELECT * FROM users FOR NO KEY UPDATE",
    "SELECT * FROM users FOR UPDATE SKIP LOCKED",
    "EXPLAIN SELECT 'a' = 'b'",
    "/* a /* nested DELETE FROM users */ */ SELECT 1",
    "SELECT set_config('app.tenant', 'a', true)",
    "SET LOCAL statement_timeout = 10000",
    "SELECT jsonb_build_object('a', 1) -> 'a', ARRAY[1, 2]",
    "SELECT DISTINCT ON (role) role, id FROM users ORDER BY role, id",
    "SELECT x FROM generate_series(1, 3) AS t(x)",
    "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t",
  ),
  ...sample(
    MY,
    "reads",
    "SELECT id FROM users # ; DELETE FROM users",
    "SELECT 1--1",
    "SHOW TABLES",
    "DESCRIBE users",
    "SELECT id FROM users LOCK IN SHARE MODE",
    "SELECT insert('abc', 1, 1, 'x')",
    'SELECT STRAIGHT_JOIN u.id FROM users u JOIN "Order" o ON o."userId" = u.id',
  ),
  ...sample(LITE, "reads", "PRAGMA table_info('users')", "SELECT [name] FROM [users]"),

  ...sample(
    ALL,
    ["Tag"],
    "INSERT INTO \"Tag\" (id, name) VALUES (900, 'a')",
    "INSERT INTO \"Tag\" (id, name) VALUES (900, 'a'), (901, 'users')",
    'INSERT INTO "Tag" (id, name) SELECT id + 900, name FROM "Product"',
    'INSERT INTO "Tag"(id, name) SELECT 900, max(name) FROM users u WHERE u.id IN (SELECT "userId" FROM "Order")',
    "UPDATE \"Tag\" SET name = 'DELETE FROM users' WHERE id = 1",
    '/* users */ UPDATE "Tag" SET name = \'a\' /* "Product" */ WHERE id = 1 -- stock',
    "DELETE FROM \"Tag\" WHERE name LIKE '%'",
    'DELETE FROM "Tag" WHERE id = 1',
    "insert into \"Tag\" (id, name) values (900, 'a;b'); ",
  ),
  ...sample(
    ALL,
    ["User"],
    "UPDATE users SET name = upper(name)",
    "UPDATE users SET name = 'x' WHERE email IS NOT NULL",
  ),
  ...sample(
    ALL,
    ["Stock"],
    "UPDATE stock SET quantity = quantity + 1 WHERE product_id IN (1)",
    "DELETE FROM stock",
    "UPDATE stock SET quantity = CASE WHEN quantity > 1 THEN 0 ELSE 5 END",
  ),
  ...sample(
    BOTH,
    ["Product"],
    'UPDATE "Product" SET views = (SELECT count(*) FROM "Review" r WHERE r."productId" = "Product".id) + 1000',
    'UPDATE "Product" SET views = 1000 FROM "Category" c WHERE c.id = "Product"."categoryId"',
    'UPDATE "Product" AS p SET views = 1001 WHERE p.id IN (SELECT id FROM users)',
    'WITH c AS (SELECT id FROM "Category") UPDATE "Product" SET views = 1002 WHERE "categoryId" IN (SELECT id FROM c)',
    'DELETE FROM "Product" WHERE id NOT IN (SELECT "productId" FROM "OrderLine")',
    "UPDATE \"Product\" SET name = 'x' WHERE id = 1 RETURNING id, name",
  ),
  ...sample(
    BOTH,
    ["Review"],
    'WITH a AS (SELECT id FROM users) DELETE FROM "Review" WHERE "userId" IN (SELECT id FROM a)',
    'DELETE FROM "Review" WHERE "productId" IN (SELECT id FROM "Product")',
    'UPDATE "Review" SET rating = 1 WHERE EXISTS (SELECT 1 FROM users WHERE users.id = "Review"."userId")',
  ),
  ...sample(
    BOTH,
    ["Tag"],
    "INSERT INTO \"Tag\" (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    "INSERT INTO \"Tag\" AS t (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = t.name || 'b'",
    "INSERT INTO \"Tag\" (id, name) VALUES (1, 'a') ON CONFLICT DO NOTHING",
    'WITH n AS (SELECT name FROM "Product") INSERT INTO "Tag" (id, name) SELECT 900, max(name) || \'x\' FROM n',
    "INSERT INTO \"Tag\" (id, name) VALUES (900, 'a') RETURNING *",
  ),
  ...sample(ALL, ["_ProductToTag"], 'DELETE FROM "_ProductToTag"', 'DELETE FROM "_ProductToTag" WHERE "A" = 1'),
  // What the database changes along with them.
  ...sample(
    ALL,
    ["Order"],
    'DELETE FROM "Order"',
    "UPDATE \"Order\" SET note = 'a;b' WHERE id > 0",
    'DELETE FROM "Order" WHERE id IN (1, 2)',
  ),
  ...sample(ALL, ["Category"], 'DELETE FROM "Category" WHERE id = 1'),
  ...sample(
    ALL,
    ["Country"],
    "UPDATE \"Country\" SET code = 'ZZ' WHERE code = (SELECT 'DE')",
    "UPDATE \"Country\" SET code = 'ZY' WHERE code = 'FR'",
  ),
  ...sample(BOTH, ["Category"], 'UPDATE "Category" SET id = id + 500 WHERE id = 1'),
  ...sample(ALL, ["Warehouse"], 'DELETE FROM "Warehouse"'),

  ...sample(
    PG,
    ["Tag"],
    'UPDATE public."Tag" SET name = name || $$ users $$',
    'UPDATE ONLY "public"."Tag" t SET name = t.name || \'x\'',
    'DELETE FROM ONLY "Tag" t USING "Product" p WHERE p.id = t.id',
    "INSERT INTO \"Tag\" (id, name) OVERRIDING SYSTEM VALUE SELECT 900, 'a' FROM users LIMIT 1",
    'MERGE INTO "Tag" t USING "Product" p ON p.id = t.id WHEN MATCHED THEN UPDATE SET name = p.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (p.id + 900, p.sku)',
    'MERGE INTO "Tag" AS t USING (SELECT id FROM users) u ON u.id = t.id WHEN MATCHED THEN DELETE',
    'WITH gone AS (DELETE FROM "Tag" RETURNING id) SELECT count(*) FROM gone JOIN "Product" p ON p.id = gone.id',
    'EXPLAIN ANALYZE DELETE FROM "Tag"',
    "SELECT 1; UPDATE \"Tag\" SET name = name || 'x'; SELECT 2",
    'WITH "users" AS (SELECT 1 AS id) UPDATE "Tag" SET name = \'q\' FROM "users" WHERE "Tag".id = "users".id',
    "UPDATE \"Tag\" SET name = substring(name from 1 for 2) || trim(both ' ' from 'a') || extract(epoch from now())::text || id::text",
    "DO $$ BEGIN UPDATE \"Tag\" SET name = name || 'x'; END $$",
    'DO $body$ BEGIN IF true THEN DELETE FROM "Tag" WHERE name <> $q$it\'s$q$; END IF; END $body$',
    'TRUNCATE TABLE "_ProductToTag", "Tag" RESTART IDENTITY',
  ),
  ...sample(
    PG,
    ["Tag", "Review"],
    'WITH t AS (DELETE FROM "Tag" RETURNING id) DELETE FROM "Review" USING t WHERE "Review".id >= t.id',
    'WITH r AS (INSERT INTO "Tag" (id, name) VALUES (900, \'a\') RETURNING id) UPDATE "Review" SET rating = 0 FROM r WHERE r.id = 900',
    'DELETE FROM "Tag"; DELETE FROM "Review"',
  ),
  ...sample(
    PG,
    ["AuditLog"],
    "TRUNCATE audit_log",
    "TRUNCATE TABLE ONLY audit_log CONTINUE IDENTITY",
    "INSERT INTO audit_log (action) SELECT name FROM users",
  ),
  ...sample(PG, ["Review"], 'TRUNCATE "Review"', 'TRUNCATE "Review" RESTART IDENTITY RESTRICT'),
  // Whatever refers to them is emptied too, whatever its ON DELETE says.
  ...sample(
    PG,
    "everything",
    'TRUNCATE "Product" CASCADE',
    "TRUNCATE users CASCADE",
    'TRUNCATE TABLE "Country", audit_log RESTART IDENTITY CASCADE',
    "CREATE TABLE copied AS SELECT * FROM users",
    "SELECT * INTO copied FROM users",
    "ALTER TABLE users ADD COLUMN extra int DEFAULT 1",
    "DO $$ BEGIN EXECUTE 'DELETE FROM \"Tag\"'; END $$",
    "UPDATE U&\"\\0075sers\" SET name = 'x'",
    "UPDATE users SET name = E'it\\'s'",
  ),

  ...sample(
    MY,
    ["Tag"],
    "REPLACE INTO \"Tag\" (id, name) VALUES (1, 'a')",
    "REPLACE \"Tag\" SET id = 900, name = 'a'",
    "INSERT \"Tag\" SET id = 900, name = 'a'",
    'INSERT IGNORE INTO "Tag" (id, name) SELECT id + 900, name FROM users',
    "INSERT INTO \"Tag\" (id, name) VALUES (1, 'a') ON DUPLICATE KEY UPDATE name = VALUES(name)",
    "INSERT LOW_PRIORITY INTO \"Tag\" (id, name) VALUES (900, 'users')",
    'DELETE QUICK FROM "Tag" WHERE id > 0 ORDER BY id LIMIT 1',
    "UPDATE LOW_PRIORITY IGNORE \"Tag\" SET name = 'a' WHERE id = 1 ORDER BY id LIMIT 1",
    'DELETE FROM "Tag" WHERE id = 1--1',
    "UPDATE \"Tag\" SET name = 'a' WHERE id = 1 # users",
    'INSERT INTO "Tag" (id, name) SELECT 900, name FROM (SELECT name FROM users LIMIT 1) AS u',
  ),
  ...sample(
    MY,
    ["Product", "Category"],
    'UPDATE "Product" p JOIN "Category" c ON c.id = p."categoryId" SET p.views = 1000',
    'UPDATE "Product" p, "Category" c SET p.views = 1000, c.name = \'x\' WHERE c.id = p."categoryId"',
    'UPDATE "Category" c INNER JOIN "Product" p ON c.id = p."categoryId" SET c.name = \'x\'',
  ),
  ...sample(
    MY,
    ["Review", "Product"],
    'DELETE r FROM "Review" r JOIN "Product" p ON p.id = r."productId"',
    'DELETE r.* FROM "Review" AS r, "Product" AS p WHERE p.id = r."productId"',
  ),
  ...sample(MY, ["AuditLog"], "TRUNCATE TABLE audit_log", "TRUNCATE audit_log"),
  ...sample(
    MY,
    "everything",
    "CREATE TABLE copied AS SELECT * FROM users",
    'DELETE FROM r USING "Review" r INNER JOIN "Product" p ON p.id = r."productId"',
    '/*!50000 DELETE FROM "Tag" */',
    "UPDATE \"Tag\" SET name = 'it\\'s' WHERE id = 1",
  ),

  ...sample(
    LITE,
    ["Tag"],
    "INSERT OR REPLACE INTO \"Tag\" (id, name) VALUES (1, 'a')",
    "INSERT OR IGNORE INTO [Tag] (id, name) SELECT id + 900, name FROM users",
    "REPLACE INTO `Tag` (id, name) VALUES (1, 'a')",
    "UPDATE OR IGNORE \"Tag\" SET name = 'a'",
    "UPDATE main.\"Tag\" SET name = 'a' WHERE id = 1",
    "DELETE FROM main.[Tag] WHERE id = 1",
    "WITH x AS (SELECT id FROM users) REPLACE INTO \"Tag\" (id, name) SELECT id, 'n' || id FROM x",
  ),
  ...sample(ALL, ["Review"], ...WHERES.map((where) => `UPDATE "Review" SET rating = rating + 1 WHERE ${where}`)),
  ...sample(MY_AND_LITE, ["Review"], ...NUMERIC_WHERES.map((where) => `DELETE FROM "Review" WHERE ${where}`)),
  ...sample(
    BOTH,
    ["Product"],
    'UPDATE "Product" SET sku = lower(sku) || \'x\', "categoryId" = NULL WHERE id = 2 AND published = (1 = 1)',
  ),
  ...sample(ALL, ["Review"], ...WHERES.map((where) => `DELETE FROM "Review" WHERE ${where}`)),
  ...sample(
    MY,
    ["Review"],
    'DELETE FROM "Review" WHERE id = 1 AND rating > 100 || rating > 0',
    'DELETE FROM "Review" WHERE id = 1 AND rating > 100 XOR rating > 0',
  ),
  ...sample(
    ALL,
    ["Product"],
    'UPDATE "Product" SET sku = \'new\', "categoryId" = 1 WHERE id = 1',
    "UPDATE \"Product\" SET sku = 'it''s' WHERE sku = 'sku1'",
    "UPDATE \"Product\" SET id = id + 100 WHERE sku IN ('sku4')",
    'UPDATE "Product" SET "supplierId" = 2, stock = CASE WHEN id = 1 AND stock = 2 THEN 3 ELSE 4 END WHERE "supplierId" = 1',
    'UPDATE "Product" SET "supplierId" = (SELECT min(id) FROM "Supplier") WHERE "categoryId" IN (1, 2)',
  ),
  ...sample(BOTH, ["Product"], "UPDATE \"Product\" AS p SET sku = 'a' WHERE p.id = 1 RETURNING *"),
  ...sample(PG, ["Product"], "UPDATE ONLY public.\"Product\" p SET sku = '5'::text WHERE p.id = '1'::int"),
  ...sample(BOTH, ["Category"], 'UPDATE "Category" SET id = 99 WHERE id = 2'),
  ...sample(ALL, ["Category"], 'DELETE FROM "Category" WHERE id = 2'),
  ...sample(ALL, ["Order"], 'DELETE FROM "Order" WHERE id = 1'),
  ...sample(ALL, ["Country"], "UPDATE \"Country\" SET code = 'FX' WHERE code = 'FR'"),
  ...sample(LITE, "everything", "CREATE TABLE copied AS SELECT * FROM users", "DROP TABLE audit_log"),
];
