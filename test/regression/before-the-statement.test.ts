import { createGate } from "@evercache/testing";
import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache, hookedStore } from "./support/evercache.js";
import { outrun } from "./support/outrun.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

const isWrite = (sql: string) => sql.startsWith("UPDATE");

describe("a write whose statement is slow", () => {
  /** A reader comes when the cache knows of the write and the database does not yet. */
  async function scenario(make: MakeSubject) {
    const { plain, hooks } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const read = async () => (await prisma.user.findUnique({ where: { id: 1 } }))?.name;
    await read();
    await settled();
    const gate = createGate();
    hooks.before = (sql) => (isWrite(sql) ? gate.pass() : undefined);
    const write = prisma.user.update({ where: { id: 1 }, data: { name: "new" } }).then(() => {});
    await gate.arrived;
    // A cache that tells Redis beside the statement has told it by now.
    await outrun(write, () => plain.$queryRaw`SELECT 1`, 20);
    expect(await read()).toBe("User 1");
    await settled();
    gate.open();
    await write;
    return read();
  }

  test("leaves nothing stale", async () => {
    expect(await scenario(evercache())).toBe("new");
  });

  test("leaves the old row in a naive cache that invalidates beside it", async () => {
    expect(await scenario(naive({ order: "parallel" }))).toBe("User 1");
  });
});

describe("the quarantine", () => {
  const writes = [
    ["a bare write", "UPDATE", (p) => p.user.update({ where: { id: 1 }, data: { name: "new" } })],
    ["SQL", "UPDATE", (p) => p.$executeRaw`UPDATE users SET name = 'new' WHERE id = 1`],
    ["a batch", "UPDATE", (p) => p.$transaction([p.user.updateMany({ where: { id: 1 }, data: { name: "new" } })])],
    ["a commit", "COMMIT", (p) => p.$transaction((tx) => tx.user.update({ where: { id: 1 }, data: { name: "new" } }))],
  ] as const satisfies readonly (readonly [
    string,
    string,
    (p: ReturnType<ReturnType<typeof evercache>>["prisma"]) => PromiseLike<unknown>,
  ])[];

  test.each(writes)("is complete before %s is sent", async (_, statement, write) => {
    const { plain, statements } = await hookedDatabase();
    const place = { redisUrl: redisUrl(), namespace: ownNamespace() };
    const gate = createGate();
    // Redis has locked the tags, and the writer does not know yet.
    const store = hookedStore(place, { after: { quarantine: () => gate.pass() } });
    const { prisma } = evercache({ store })(plain, place);
    const before = statements.length;
    const sent = () => statements.slice(before).filter((sql) => sql.startsWith(statement)).length;
    const writing = Promise.resolve(write(prisma));
    await gate.arrived;
    expect(await outrun(writing, () => plain.$queryRaw`SELECT 1`, 20)).toBe("pending");
    expect(sent()).toBe(0);
    gate.open();
    await writing;
    expect(sent()).toBe(1);
    expect((await plain.user.findUnique({ where: { id: 1 } }))?.name).toBe("new");
  });
});
