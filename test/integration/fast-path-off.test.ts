import type { CacheEvent } from "@evercache/prisma";
import { describe, expect, test } from "vitest";
import { costOfHit, HOOKED, ROW, shop, spyOnRequests, withCache, type Cached } from "./fast-path-clients.js";

describe("a Prisma that differs", () => {
  type Original = Record<string, unknown> & { _createPrismaPromise: (...args: unknown[]) => object };
  const DIFFERENCES: Readonly<Record<string, (original: Original) => void>> = {
    "has the members": (original) => {
      const create = original._createPrismaPromise;
      original._createPrismaPromise = (...args) => Object.assign(create(...args), { requestBudget: () => 1 });
    },
    "does not return a PrismaPromise": (original) => {
      const create = original._createPrismaPromise;
      original._createPrismaPromise = (...args) => Object.assign(create(...args), { [Symbol.toStringTag]: "Query" });
    },
    "is no method": (original) => {
      const create = original._createPrismaPromise;
      original._createPrismaPromise = (...args) => Object.assign(create(...args), { requestTransaction: 1 });
    },
    "does not say": (original) => {
      const create = original._createPrismaPromise;
      original._createPrismaPromise = (callback) => create(callback, { action: "query" });
    },
    "no _createItxClient": (original) => void (original["_createItxClient"] = undefined),
    "is not told from others": (original) => {
      original["_createItxClient"] = function (this: unknown) {
        return this;
      };
    },
    "whether it is traced": (original) => void (original["_tracingHelper"] = { isEnabled: true }),
    "its error format": (original) => void (original["_errorFormat"] = 1),
    "looking at it failed": (original) => {
      original._createPrismaPromise = () => {
        throw new Error("gone");
      };
    },
  };

  test.each(Object.keys(DIFFERENCES))("is noticed: %s", async (difference) => {
    const { plain } = await shop();
    const original = (plain as unknown as { _originalClient: Original })._originalClient;
    const before = { ...original };
    DIFFERENCES[difference]!(original);
    const cached = withCache(plain, { fastPath: true });
    // What was wrong is only looked at: the client goes on.
    for (const name of ["_createPrismaPromise", "_createItxClient", "_tracingHelper", "_errorFormat"]) {
      if (Object.hasOwn(before, name)) original[name] = before[name];
      else delete original[name];
    }
    const warnings: CacheEvent[] = [];
    cached.$cache.on("event", (event) => event.type === "warning" && warnings.push(event));
    await expect.poll(() => warnings).toEqual([expect.objectContaining({ code: "FAST_PATH_OFF" })]);
    expect(JSON.stringify(warnings)).toContain(difference);
    const requests = spyOnRequests(plain);
    expect(await costOfHit({ requests }, () => cached.product.findUnique(ROW))).toEqual(HOOKED);
  });

  test("nothing is said where the fast path is not wanted, or all is well", async () => {
    const { plain } = await shop();
    const warnings: CacheEvent[] = [];
    const listen = (client: Cached) => client.$cache.on("event", (e) => e.type === "warning" && warnings.push(e));
    listen(withCache(plain, { fastPath: true }));
    const original = (plain as unknown as { _originalClient: Original })._originalClient;
    original["_errorFormat"] = 1;
    listen(withCache(plain, { fastPath: false }));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(warnings).toEqual([]);
  });
});
