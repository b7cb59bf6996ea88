import { expect, it } from "vitest";
import { excludedColumn } from "../../src/query/excluded.js";
import { parseSchema } from "../../src/schema/parse-schema.js";
import { withTracking } from "../../src/tracking.js";

const SCHEMA = `
datasource db {
  provider = "postgresql"
}
model User {
  id       Int     @id
  name     String
  password String
  bossId   Int?
  boss     User?   @relation("Bosses", fields: [bossId], references: [id])
  staff    User[]  @relation("Bosses")
  posts    Post[]
}
model Post {
  id       Int     @id
  password String
  userId   Int
  user     User    @relation(fields: [userId], references: [id])
}
`;
const dataModel = withTracking(parseSchema(SCHEMA), undefined, { User: { exclude: ["password"] } });
const excludedIn = (model: string, operation: string, args: unknown) =>
  excludedColumn({ dataModel }, { model, operation, args });

/** Selected through so many bosses. */
function deep(levels: number): object {
  return levels === 0 ? { select: { password: true } } : { select: { boss: deep(levels - 1) } };
}

it.each([1, 10, 23])("finds a column through %d relations", (levels) => {
  expect(excludedIn("User", "findMany", deep(levels))).toBe("User.password");
});

it.each([25, 60])("says of what lies %d relations deep that it cannot tell", (levels) => {
  expect(excludedIn("User", "findMany", deep(levels))).toMatch(/^User, too deep/);
});

it("knows a column of the same name of another model from it", () => {
  expect(excludedIn("Post", "findMany", { where: { password: "x" }, orderBy: { password: "asc" } })).toBeNull();
  expect(excludedIn("Post", "findMany", { where: { user: { password: "x" } } })).toBe("User.password");
  expect(excludedIn("Post", "findMany", { where: { user: { boss: { staff: { some: { password: "x" } } } } } })).toBe(
    "User.password",
  );
  expect(excludedIn("User", "findMany", { select: { posts: { select: { password: true } } } })).toBeNull();
});

it("finds nothing where nothing is excluded", () => {
  const plain = parseSchema(SCHEMA);
  expect(excludedColumn({ dataModel: plain }, { model: "User", operation: "findMany", args: {} })).toBeNull();
});
