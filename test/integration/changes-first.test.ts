import { readInternals } from "../../packages/prisma/src/client/internals.js";
import { changesFirst } from "../../packages/prisma/src/mutation/asks-first.js";
import { readDataModel } from "../../packages/prisma/src/schema/read-data-model.js";
import type { PrismaClient } from "../setup/generated/postgresql/client.js";
import { describe, expect, test } from "vitest";
import { providers, testClient, testShop } from "../setup/client.js";

const email = "new@shop.test";

/** Writes of users, and whether Prisma begins with what changes rows, where databases let it. */
const WRITES: readonly (readonly [boolean, keyof PrismaClient["user"], object])[] = [
  [true, "create", { data: { id: 1000, email, name: "new" } }],
  [true, "create", { data: { id: 1000, email, name: "new" }, include: { reviews: true } }],
  [
    false,
    "create",
    { data: { id: 1000, email, name: "new", reviews: { create: { id: 1000, productId: 1, rating: 1 } } } },
  ],
  [true, "createMany", { data: [{ id: 1000, email, name: "new" }] }],
  [true, "createManyAndReturn", { data: [{ id: 1000, email, name: "new" }] }],
  [true, "update", { where: { id: 1 }, data: { name: "new" } }],
  [true, "update", { where: { id: 1, AND: [{ email: { contains: "@" } }] }, data: { name: "new" } }],
  [true, "update", { where: { id: 1, reviews: { some: {} } }, data: { name: "new" } }],
  [true, "update", { where: { id: 1 }, data: { name: "new" }, include: { reviews: true } }],
  [false, "update", { where: { id: 1 }, data: { reviews: { deleteMany: {} } } }],
  [true, "updateMany", { where: { name: { contains: "e" } }, data: { name: "new" } }],
  [true, "updateMany", { where: { reviews: { none: {} } }, data: { name: "new" } }],
  [false, "updateMany", { where: { name: { contains: "e" } }, data: { name: "new" }, limit: 1 }],
  [true, "updateManyAndReturn", { where: { reviews: { some: {} } }, data: { name: "new" } }],
  [false, "upsert", { where: { id: 1 }, create: { email, name: "new" }, update: { name: "new" } }],
  [true, "delete", { where: { id: 1 } }],
  [true, "delete", { where: { id: 1, reviews: { some: {} } } }],
  [false, "delete", { where: { id: 1 }, include: { reviews: true } }],
  [true, "deleteMany", { where: { name: { contains: "e" } } }],
  [true, "deleteMany", { where: { reviews: { some: {} } } }],
];

describe.each(providers().filter((provider) => provider !== "mysql"))("the first statement on %s", (provider) => {
  test.each(WRITES)("is a change: %s, of %s %o", async (isChange, operation, args) => {
    const { prisma, statements } = await testShop(provider);
    // They would keep users from being deleted.
    await prisma.order.deleteMany();
    const { runtimeDataModel, schemaText } = readInternals(prisma);
    const { dataModel } = readDataModel({ runtimeDataModel, schemaText, provider });
    const model = dataModel.models.get("User")!;
    expect(changesFirst(dataModel, model, operation as string, args as Record<string, unknown>)).toBe(isChange);
    const before = statements().length;
    await (prisma.user[operation] as (given: unknown) => Promise<unknown>)(args);
    if (isChange) expect(statements()[before]).toMatch(/^\s*(INSERT|UPDATE|DELETE)\b/);
  });
});

test.skipIf(!providers().includes("mysql"))("is not known to be a change on MySQL", async () => {
  const { prisma } = await testClient("mysql");
  const { runtimeDataModel, schemaText } = readInternals(prisma);
  const { dataModel } = readDataModel({ runtimeDataModel, schemaText, provider: "mysql" });
  const args = { where: { id: 1 }, data: { name: "new" } };
  expect(changesFirst(dataModel, dataModel.models.get("User")!, "update", args)).toBe(false);
});
