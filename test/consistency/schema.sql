CREATE TYPE "Kind" AS ENUM ('A', 'B', 'C');

CREATE TABLE "Team" (
  "id" INTEGER PRIMARY KEY,
  "name" TEXT NOT NULL UNIQUE,
  "version" INTEGER NOT NULL DEFAULT 1,
  "nonce" INTEGER NOT NULL
);

CREATE TABLE "Item" (
  "id" INTEGER PRIMARY KEY,
  "slug" TEXT NOT NULL UNIQUE,
  "teamId" INTEGER NOT NULL REFERENCES "Team" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  "kind" "Kind" NOT NULL,
  "mark" INTEGER NOT NULL,
  "version" INTEGER NOT NULL DEFAULT 1,
  "nonce" INTEGER NOT NULL
);
CREATE INDEX ON "Item" ("teamId");

CREATE TABLE "Label" (
  "id" INTEGER PRIMARY KEY,
  "name" TEXT NOT NULL UNIQUE,
  "version" INTEGER NOT NULL DEFAULT 1,
  "nonce" INTEGER NOT NULL
);

CREATE TABLE "_ItemToLabel" (
  "A" INTEGER NOT NULL REFERENCES "Item" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "B" INTEGER NOT NULL REFERENCES "Label" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY ("A", "B")
);
CREATE INDEX ON "_ItemToLabel" ("B");

-- The truth. Written by the transaction that changes the row, so that what is here is what was committed.
CREATE TABLE "history" (
  "seq" BIGSERIAL PRIMARY KEY,
  "model" TEXT NOT NULL,
  "id" INTEGER NOT NULL,
  "version" INTEGER NOT NULL,
  "nonce" INTEGER NOT NULL,
  "alive" BOOLEAN NOT NULL,
  "team" INTEGER,
  "kind" TEXT,
  "mark" INTEGER
);
CREATE INDEX ON "history" ("model", "id", "version");

CREATE FUNCTION record_change() RETURNS trigger AS $$
DECLARE
  deleted BOOLEAN := TG_OP = 'DELETE';
  subject JSONB := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
  INSERT INTO "history" ("model", "id", "version", "nonce", "alive", "team", "kind", "mark") VALUES (
    TG_TABLE_NAME,
    (subject ->> 'id')::INTEGER,
    (subject ->> 'version')::INTEGER + deleted::INTEGER,
    -- A deletion cannot leave a nonce: its writer knows it by the version.
    CASE WHEN deleted THEN -1 ELSE (subject ->> 'nonce')::INTEGER END,
    NOT deleted,
    (subject ->> 'teamId')::INTEGER,
    subject ->> 'kind',
    (subject ->> 'mark')::INTEGER
  );
  RETURN NULL;
END $$ LANGUAGE plpgsql;

-- A row that comes again goes on counting. The lock makes it wait for a deletion that is not committed yet.
CREATE FUNCTION continue_version() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM pg_advisory_xact_lock(OLD."id");
    RETURN OLD;
  END IF;
  PERFORM pg_advisory_xact_lock(NEW."id");
  NEW."version" := 1 + COALESCE((SELECT max("version") FROM "history" WHERE "model" = 'Item' AND "id" = NEW."id"), 0);
  RETURN NEW;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON "Team" FOR EACH ROW EXECUTE FUNCTION record_change();
CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON "Item" FOR EACH ROW EXECUTE FUNCTION record_change();
CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON "Label" FOR EACH ROW EXECUTE FUNCTION record_change();
CREATE TRIGGER continue BEFORE INSERT OR DELETE ON "Item" FOR EACH ROW EXECUTE FUNCTION continue_version();
