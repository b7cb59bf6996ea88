import { describe, expect, test } from "vitest";
import { providers, testClient } from "../setup/client.js";
import {
  commit,
  known,
  outcomeWorld,
  REFUSED_EVERYWHERE,
  verdictOf,
  WAYS,
  type Refused,
  type Writer,
} from "./support/outcome.js";

const rename = (client: Writer, name = "new", id = 1) => client.user.update({ where: { id }, data: { name } });

const POSTGRES: readonly Refused[] = [
  {
    what: "a unique constraint",
    write: (client) => client.user.update({ where: { id: 1 }, data: { email: "u2" } }),
    error: known("P2002", "UniqueConstraintViolation", "23505"),
  },
  {
    what: "a foreign key",
    write: (client) => client.profile.create({ data: { userId: 99 } }),
    error: known("P2003", "ForeignKeyConstraintViolation", "23503"),
  },
  {
    what: "a row that others refer to",
    write: (client) => client.user.delete({ where: { id: 2 } }),
    error: known("P2003", "RestrictViolation", "23001"),
  },
  {
    what: "a value that is too long",
    write: (client) => rename(client, "x".repeat(101)),
    error: known("P2000", "LengthMismatch", "22001"),
  },
  {
    what: "a number out of range",
    write: (client) => client.product.updateMany({ data: { stock: 2 ** 40 } }),
    error: known("P2020", "ValueOutOfRange", "22003"),
  },
  { what: "a check constraint", write: (client) => rename(client, "bad"), error: known("P2039", "postgres", "23514") },
  {
    what: "a byte that no text may hold",
    write: (client) => rename(client, "\0"),
    error: known("P2039", "postgres", "22021"),
  },
  {
    what: "a trigger's exception",
    write: (client) => rename(client, "P0001"),
    error: known("P2039", "postgres", "P0001"),
  },
  { what: "privileges", write: (client) => rename(client, "42501"), error: known("P2039", "postgres", "42501") },
  {
    what: "null",
    write: (client) => rename(client, "23502"),
    error: known("P2011", "NullConstraintViolation", "23502"),
  },
  {
    what: "an invalid input",
    write: (client) => rename(client, "22P02"),
    error: known("P2007", "InvalidInputValue", "22P02"),
  },
  {
    what: "a serialization failure",
    write: (client) => rename(client, "40001"),
    error: known("P2034", "TransactionWriteConflict", "40001"),
  },
  {
    what: "what compatible databases say when they do not know",
    write: (client) => rename(client, "40003"),
    error: known("P2039", "postgres", "40003"),
    outcome: "ambiguous",
  },
  {
    what: "a state that nobody has heard of",
    write: (client) => rename(client, "ZZ123"),
    error: known("P2039", "postgres", "ZZ123"),
    outcome: "ambiguous",
  },
  {
    what: "a table that is gone, after the write",
    write: (client) => client.user.update({ where: { id: 1 }, data: { name: "new" }, include: { reviews: true } }),
    error: known("P2021", "TableDoesNotExist", "42P01"),
  },
  {
    what: "a column that is gone",
    write: (client) => client.supplier.create({ data: { name: "new" } }),
    error: known("P2022", "ColumnNotFound", "42703"),
  },
  {
    what: "raw SQL",
    write: (client) => client.$executeRawUnsafe("UPDATE users SET email = 'u2'"),
    error: known("P2010", "UniqueConstraintViolation", "23505"),
    outcome: "ambiguous",
  },
];

const POSTGRES_SCHEMA = [
  `ALTER TABLE users ADD CONSTRAINT no_bad CHECK (name <> 'bad')`,
  `ALTER TABLE users ALTER COLUMN name TYPE varchar(100)`,
  `CREATE TABLE badge (owner INTEGER REFERENCES users ON DELETE RESTRICT)`,
  `INSERT INTO badge VALUES (2)`,
  `CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = NEW.name; END $$`,
  `CREATE TRIGGER raise AFTER UPDATE ON users FOR EACH ROW WHEN (length(NEW.name) = 5) EXECUTE FUNCTION raise()`,
  `DROP TABLE "Review"`,
  `ALTER TABLE "Supplier" DROP COLUMN "countryCode"`,
];

const MYSQL: readonly Refused[] = [
  {
    what: "a unique constraint",
    write: (client) => client.user.update({ where: { id: 1 }, data: { email: "u2" } }),
    error: known("P2002", "UniqueConstraintViolation", "1062"),
  },
  {
    what: "a foreign key",
    write: (client) => client.profile.create({ data: { userId: 99 } }),
    error: known("P2003", "ForeignKeyConstraintViolation", "1452"),
  },
  {
    what: "a row that others refer to",
    write: (client) => client.user.delete({ where: { id: 2 } }),
    error: known("P2003", "ForeignKeyConstraintViolation", "1451"),
  },
  {
    what: "a value that is too long",
    write: (client) => rename(client, "x".repeat(300)),
    error: known("P2000", "LengthMismatch", "1406"),
  },
  {
    what: "a number out of range",
    write: (client) => client.user.update({ where: { id: 1 }, data: { balance: "1e70" } }),
    error: known("P2020", "ValueOutOfRange", "1264"),
  },
  { what: "a check constraint", write: (client) => rename(client, "bad"), error: known("P2039", "mysql", "4025") },
  { what: "a trigger's SIGNAL", write: (client) => rename(client, "signal"), error: known("P2039", "mysql", "1644") },
  { what: "null", write: (client) => rename(client, "null"), error: known("P2011", "NullConstraintViolation", "1048") },
  {
    what: "a table that is gone, after the write",
    write: (client) => client.user.update({ where: { id: 1 }, data: { name: "new" }, include: { reviews: true } }),
    error: known("P2021", "TableDoesNotExist", "1146"),
  },
  {
    what: "a column that is gone, after the write",
    write: (client) => client.supplier.create({ data: { name: "new" } }),
    error: known("P2022", "ColumnNotFound", "1054"),
  },
  {
    what: "raw SQL",
    write: (client) => client.$executeRawUnsafe("UPDATE users SET email = 'u2'"),
    error: known("P2010", "UniqueConstraintViolation", "1062"),
    outcome: "ambiguous",
  },
];

const MYSQL_SCHEMA = [
  `ALTER TABLE users ADD CONSTRAINT no_bad CHECK (name <> 'bad')`,
  `CREATE TABLE badge (owner INTEGER, FOREIGN KEY (owner) REFERENCES users (id))`,
  `INSERT INTO badge VALUES (2)`,
  `CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW BEGIN
     IF NEW.name = 'signal' THEN SIGNAL SQLSTATE '45000'; END IF;
     IF NEW.name = 'null' THEN SET NEW.name = NULL; END IF; END`,
  "DROP TABLE Review",
  "ALTER TABLE Supplier DROP FOREIGN KEY Supplier_countryCode_fkey, DROP COLUMN countryCode",
];

const SQLITE: readonly Refused[] = [
  {
    what: "a unique constraint",
    write: (client) => client.user.update({ where: { id: 1 }, data: { email: "u2" } }),
    error: known("P2002", "UniqueConstraintViolation", "2067"),
  },
  {
    what: "a foreign key",
    write: (client) => client.profile.create({ data: { userId: 99 } }),
    error: known("P2003", "ForeignKeyConstraintViolation", "787"),
  },
  {
    what: "a row that others refer to",
    write: (client) => client.user.delete({ where: { id: 2 } }),
    error: known("P2003", "ForeignKeyConstraintViolation", "1811"),
  },
  {
    what: "a check constraint",
    write: (client) => client.tag.update({ where: { id: 1 }, data: { name: "bad" } }),
    error: known("P2039", "sqlite", "275"),
  },
  {
    what: "a trigger's RAISE(ABORT), which comes as its RAISE(FAIL) does",
    write: (client) => rename(client, "abort"),
    error: known("P2003", "ForeignKeyConstraintViolation", "1811"),
    outcome: "ambiguous",
  },
  { what: "null", write: (client) => rename(client, "null"), error: known("P2011", "NullConstraintViolation", "1299") },
  {
    what: "a table that is gone, after the write",
    write: (client) => client.user.update({ where: { id: 1 }, data: { name: "new" }, include: { reviews: true } }),
    error: known("P2039", "sqlite", "1"),
  },
  {
    what: "a column that is gone",
    write: (client) => client.warehouse.create({ data: { id: "w", code: "w", city: "w" } }),
    error: known("P2022", "ColumnNotFound", "1"),
  },
  {
    what: "more parameters than the database takes",
    write: (client) =>
      client.user.updateMany({
        where: { OR: Array.from({ length: 600 }, (_, id) => ({ id, name: "old" })) },
        data: { name: "new" },
      }),
    error: known("P2029"),
  },
  {
    what: "raw SQL",
    write: (client) => client.$executeRawUnsafe("UPDATE users SET email = 'u2'"),
    error: known("P2010", "UniqueConstraintViolation", "2067"),
    outcome: "ambiguous",
  },
];

const SQLITE_SCHEMA = [
  "CREATE TABLE badge (owner INTEGER REFERENCES users ON DELETE RESTRICT)",
  "INSERT INTO badge VALUES (2)",
  `CREATE TRIGGER refuse BEFORE UPDATE ON users WHEN NEW.name = 'abort' BEGIN SELECT RAISE(ABORT, 'no'); END`,
  `CREATE TABLE empty (at TEXT NOT NULL)`,
  `CREATE TRIGGER nulls BEFORE UPDATE ON users WHEN NEW.name = 'null' BEGIN INSERT INTO empty VALUES (NULL); END`,
  `CREATE TABLE checked (name TEXT CHECK (name <> 'bad'))`,
  `CREATE TRIGGER checks AFTER UPDATE ON Tag BEGIN INSERT INTO checked VALUES (NEW.name); END`,
  "DROP TABLE Review",
  "ALTER TABLE Warehouse DROP COLUMN city",
];

const CASES = { postgresql: POSTGRES, mysql: MYSQL, sqlite: SQLITE };
const SCHEMAS = { postgresql: POSTGRES_SCHEMA, mysql: MYSQL_SCHEMA, sqlite: SQLITE_SCHEMA };

describe.each(providers())("what %s or Prisma refuses is refused as a whole, however it is committed", (provider) => {
  test.each(WAYS)("%s", async (way) => {
    const world = await outcomeWorld(provider);
    for (const statement of SCHEMAS[provider]) await world.truth.$executeRawUnsafe(statement);
    const { prisma } = await testClient(provider, { database: world.database });
    for (const { what, write, error, outcome = "rolled-back" } of [...REFUSED_EVERYWHERE, ...CASES[provider]]) {
      const verdict = await verdictOf(world, () => commit(prisma, way, write));
      expect.soft({ what, ...verdict }).toEqual({ what, error, outcome, written: false });
    }
  });
});
