import { describe, expect, test } from "vitest";
import { keptBy } from "../../packages/prisma/test/young-memory.js";
import { cachedShop, extended, ROW, shop, withCache, type Plain } from "./fast-path-clients.js";

interface Original {
  _createPrismaPromise: (...args: unknown[]) => object;
}

function originalOf(plain: Plain): Original {
  return (plain as unknown as { readonly _originalClient: Original })._originalClient;
}

/** Whether a promise tells by a getter of its own what it is asked for, as Prisma's do. */
function hasGetter(promise: unknown): boolean {
  return Object.getOwnPropertyDescriptor(promise, "spec")?.get !== undefined;
}

describe("results that came through the hook", () => {
  test("do not outlive the collection of young memory", async () => {
    const { plain, cached } = await cachedShop({ fastPath: false, defaults: { l1: true } });
    const row = { text: "" };
    const hook = () => Promise.resolve(Array.from({ length: 1000 }, () => ({ ...row })));
    const part = { query: { $allOperations: hook } };
    // By Prisma's own promises they do: once they do not, what is done here is not needed any more.
    const constant = extended(plain, part);
    expect(await keptBy(async () => constant.product.findMany(), 200)).toBeGreaterThan(10_000);
    const inner = extended(cached, part);
    expect(await keptBy(async () => inner.product.findMany(), 200)).toBeLessThan(5000);
  });
});

describe("promises without a getter", () => {
  test("are those of the clients that the cache makes, and of no others", async () => {
    const { plain, cached } = await cachedShop({ fastPath: false });
    const more = extended(cached, { client: { $hello: () => "hello" } });
    expect(hasGetter(plain.product.findMany())).toBe(true);
    for (const client of [cached, more]) {
      expect(hasGetter(client.product.findMany())).toBe(false);
      expect(hasGetter(client.product.create({ data: {} as never }))).toBe(false);
      expect(hasGetter(client.$queryRaw`SELECT 1`)).toBe(false);
    }
    await cached.$transaction(async (tx) => {
      expect(hasGetter(tx.product.findMany())).toBe(true);
      await tx.product.update({ ...ROW, data: { name: "in transaction" } });
      expect(await tx.product.findUnique(ROW)).toMatchObject({ name: "in transaction" });
    });
  });

  test.each<[string, (make: Original["_createPrismaPromise"]) => Original["_createPrismaPromise"]]>([
    [
      "has another member",
      (make) =>
        (...args) =>
          Object.assign(make(...args), { requestBudget: () => 1 }),
    ],
    [
      "asks at once",
      (make) => (ask) => {
        const asked = (ask as () => Promise<unknown>)();
        // The client may be closed before it is answered.
        asked.catch(() => {});
        return make(() => Promise.resolve(), asked);
      },
    ],
    ["says something else of itself", (make) => (ask) => make(ask, { action: "query" })],
    ["is told of no transaction", (make) => (ask, spec) => make(() => (ask as () => object)(), spec)],
    [
      "has no getter",
      (make) =>
        (...args) => ({ ...make(...args) }),
    ],
    ["is not made", () => () => expect.fail("none today")],
  ])("are not made where Prisma's %s", async (_, change) => {
    const { plain } = await shop();
    const original = originalOf(plain);
    const before = original._createPrismaPromise;
    const changed = change(before);
    original._createPrismaPromise = changed;
    const cached = withCache(plain, { fastPath: false }) as unknown as Original;
    expect(cached._createPrismaPromise).toBe(changed);
    original._createPrismaPromise = before;
  });
});
