import { createGate, type StoreHooks } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { PrismaClient } from "../setup/generated/postgresql/client.js";
import { hookedDatabase } from "./support/database.js";
import { hookedStore, withEvercache } from "./support/evercache.js";
import { outrun } from "./support/outrun.js";
import { ownNamespace } from "./support/subject.js";

/** What of Prisma's own a test looks at. */
interface PrivateClient {
  readonly _engine: { request(query: { readonly action: string }, ...rest: unknown[]): Promise<unknown> };
  readonly _engineConfig: { readonly adapter: never };
}

/** How often Prisma was given an update. */
function countWrites(plain: PrismaClient): () => number {
  const { _engine: engine } = plain as unknown as PrivateClient;
  const request = engine.request.bind(engine);
  let writes = 0;
  engine.request = (query, ...rest) => {
    if (/^(update|upsert)/.test(query.action)) writes++;
    return request(query, ...rest);
  };
  return () => writes;
}

/** A cached client, and one below it that is not connected yet. `hooks`: of the store, set as the test's story goes on. */
async function story() {
  const { plain, statements } = await hookedDatabase();
  const hooks: { before?: StoreHooks["before"]; after?: StoreHooks["after"] } = {};
  const place = { redisUrl: redisUrl(), namespace: ownNamespace() };
  const store = hookedStore(place, {
    before: { quarantine: (...args) => hooks.before?.quarantine?.(...args) },
    after: { quarantine: (...args) => hooks.after?.quarantine?.(...args) },
  });
  const { cached, events } = withEvercache(plain, place, { store });
  const given = countWrites(plain);
  const rename = (name: string) => cached.user.update({ where: { id: 1 }, data: { name } });
  const counts = () => ({ given: given(), sent: statements.filter((sql) => sql.startsWith("UPDATE")).length });
  /** Runs `write` while Redis has its locks and nobody knows yet. What Prisma was given then, and what it has sent. */
  const whileLocking = async (write: () => PromiseLike<unknown>) => {
    const gate = createGate();
    hooks.after = { quarantine: () => gate.pass() };
    const before = counts();
    const writing = Promise.resolve(write());
    writing.catch(() => {});
    await gate.arrived;
    expect(await outrun(writing, () => plain.$queryRaw`SELECT 1`, 20)).toBe("pending");
    const then = counts();
    delete hooks.after;
    gate.open();
    return { given: then.given - before.given, sent: then.sent - before.sent, writing };
  };
  const connectThroughGate = async () => {
    await plain.$disconnect();
    // The first one connects, the second one finds out that its statement goes through the gate.
    await rename("first");
    await rename("second");
  };
  return { plain, cached, events, hooks, statements, counts, rename, whileLocking, connectThroughGate };
}

describe("a write whose locks are under way", () => {
  test("is given to Prisma, and its statement is sent when they are there", async () => {
    const { plain, counts, rename, whileLocking, connectThroughGate } = await story();
    await connectThroughGate();
    const before = counts();
    const { given, sent, writing } = await whileLocking(() => rename("new"));
    expect({ given, sent }).toEqual({ given: 1, sent: 0 });
    await writing;
    expect(counts().sent - before.sent).toBe(1);
    expect((await plain.user.findUnique({ where: { id: 1 } }))?.name).toBe("new");
  });

  test("sends nothing of a transaction of its own but the beginning", async () => {
    const { cached, statements, whileLocking, connectThroughGate } = await story();
    await connectThroughGate();
    const before = statements.length;
    const write = () => cached.user.update({ where: { id: 1 }, data: { name: "new" }, include: { reviews: true } });
    const { given, sent, writing } = await whileLocking(write);
    expect({ given, sent }).toEqual({ given: 1, sent: 0 });
    await writing;
    const own = statements.slice(before).filter((sql) => sql !== "SELECT 1");
    expect(own[0]).toMatch(/^UPDATE/);
  });

  test("waits for them before Prisma is given it, where Prisma looks for rows first", async () => {
    const { cached, counts, whileLocking, connectThroughGate } = await story();
    await connectThroughGate();
    const data = { name: "new" };
    const { given, writing } = await whileLocking(() =>
      cached.user.upsert({ where: { id: 1 }, create: { ...data, email: "new@shop.test" }, update: data }),
    );
    expect(given).toBe(0);
    await writing;
    expect(counts().given).toBeGreaterThan(0);
  });

  test("sends its statement, once, when they are refused", async () => {
    const { plain, hooks, counts, rename, connectThroughGate } = await story();
    await connectThroughGate();
    const before = counts();
    hooks.before = { quarantine: () => Promise.reject(new Error("refused")) };
    await rename("new");
    expect(counts().sent - before.sent).toBe(1);
    expect((await plain.user.findUnique({ where: { id: 1 } }))?.name).toBe("new");
  });

  test("gives them back when Prisma refuses its arguments meanwhile", async () => {
    const { cached, events, counts, whileLocking, connectThroughGate } = await story();
    await connectThroughGate();
    const before = counts();
    const { writing } = await whileLocking(() => cached.user.update({ where: { id: 1 }, data: { name: 5 as never } }));
    await expect(writing).rejects.toThrow(/Invalid value/);
    await expect.poll(() => events.at(-1)).toMatchObject({ type: "release", outcome: "unchanged" });
    expect(counts().sent).toBe(before.sent);
  });

  test("ends them when there was nothing to send", async () => {
    const { cached, events, whileLocking, connectThroughGate } = await story();
    await connectThroughGate();
    const { writing } = await whileLocking(() => cached.user.update({ where: { id: 1 }, data: {} }));
    await writing;
    await expect.poll(() => events.at(-1)).toMatchObject({ type: "release", outcome: "changed" });
  });
});

describe("where it is not certain that a statement is held, a write waits for its locks first", () => {
  test("a client that was connected before it had the cache", async () => {
    const { rename, whileLocking } = await story();
    for (let i = 0; i < 5; i++) await rename(`${i}`);
    const { given, writing } = await whileLocking(() => rename("new"));
    expect(given).toBe(0);
    await writing;
  });

  test("a client that shares its driver adapter with one that connected later", async () => {
    const { plain, rename, whileLocking } = await story();
    const other = new PrismaClient({ adapter: (plain as unknown as PrivateClient)._engineConfig.adapter });
    onTestFinished(() => other.$disconnect());
    for (let i = 0; i < 5; i++) {
      await other.user.update({ where: { id: 2 }, data: { name: `${i}` } });
      await rename(`${i}`);
    }
    const { given, writing } = await whileLocking(() => rename("new"));
    expect(given).toBe(0);
    await writing;
  });

  test("the first write after a new connection", async () => {
    const { plain, rename, whileLocking, connectThroughGate } = await story();
    await connectThroughGate();
    await plain.$disconnect();
    await plain.$queryRaw`SELECT 1`;
    const first = await whileLocking(() => rename("new"));
    expect(first.given).toBe(0);
    await first.writing;
    const second = await whileLocking(() => rename("newer"));
    expect(second.given).toBe(1);
    await second.writing;
  });
});
