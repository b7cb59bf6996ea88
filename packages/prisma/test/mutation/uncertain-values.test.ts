import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { rawEffects } from "../../src/mutation/raw-sql.js";
import { dataModelOf } from "../schema/prisma-oracle.js";

const dataModel = dataModelOf(`
datasource db {
  provider = "postgresql"
}
model Project {
  id    String @id
  slots Slot[]
  runs  Run[]
}
model Slot {
  id        String  @id
  projectId String
  project   Project @relation(fields: [projectId], references: [id])
  runs      Run[]

  @@unique([id, projectId])
}
/// Its two foreign keys share a column.
model Run {
  id        Int     @id
  slotId    String
  projectId String
  slot      Slot    @relation(fields: [slotId, projectId], references: [id, projectId])
  project   Project @relation(fields: [projectId], references: [id])
}
model Event {
  id    Int    @id
  seats Seat[]
}
model Seat {
  id      Int      @id
  eventId Int?
  number  Int
  seen    DateTime @updatedAt
  moment  DateTime @unique
  code    String?  @unique @db.VarChar(3)
  event   Event?   @relation(fields: [eventId], references: [id])

  @@unique([eventId, number])
  @@unique([number, seen])
}
`);

function changed(model: string, operation: string, args: object): string[] {
  const { changed: tags, fenced } = effects(dataModel, { model, operation, args });
  return [...tags, ...fenced];
}

describe("of a column that two foreign keys share, no value is known on which the two do not agree", () => {
  const slot = (projectId: string) => ({ connect: { id_projectId: { id: "s", projectId } } });
  const project = { connect: { id: "p" } };

  test("in a create", () => {
    const tags = changed("Run", "create", { data: { id: 1, project, slot: slot("q") } });
    expect(tags).toContain("Run:by:projectId");
    expect(tags.filter((tag) => tag.includes("field:projectId"))).toEqual([]);
    expect(changed("Run", "create", { data: { id: 1, project, slot: slot("p") } })).toContain("Run:field:projectId=p");
  });

  test("in an update", () => {
    const where = { id: 1, projectId: "o" };
    const tags = changed("Run", "update", { where, data: { project, slot: slot("q") } });
    expect(tags).toContain("Run:by:projectId");
    expect(tags).not.toContain("Run:field:projectId=p");
  });

  test("below one of them", () => {
    const runs = { create: { id: 1, project } };
    const where = { id_projectId: { id: "s", projectId: "q" } };
    expect(changed("Slot", "update", { where, data: { runs } })).toContain("Run:by:projectId");
  });
});

test("delete: false leaves a foreign key as it is", () => {
  const args = { where: { id: 10 }, data: { number: 7, event: { delete: false } } };
  expect(changed("Seat", "update", args)).toContain("Seat:new:eventId,number");
});

test("each update gives a key of which a moment of Prisma's is part another value", () => {
  const args = { where: { number: 8 }, data: { eventId: 8 } };
  expect(changed("Seat", "updateMany", args)).toContain("Seat:new:number,seen");
});

test("PostgreSQL drops spaces beyond the length of a column", () => {
  expect(changed("Seat", "create", { data: { id: 1, number: 1, code: "abc " } })).toContain("Seat:unique:code=abc");
});

test("a moment in SQL is not known where it is a text", () => {
  const text = `UPDATE "Seat" SET moment = '2024-01-01T00:00:00+02:00' WHERE moment = '2024-01-01T00:00:00Z'`;
  const tags = rawEffects(dataModel, { text, values: [] });
  expect(tags).toEqual(expect.arrayContaining(["Seat:by:moment", "Seat:new:moment", "Seat:by:id"]));
});
