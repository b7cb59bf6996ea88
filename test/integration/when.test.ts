import type { When } from "@evercache/core";
import { expect, test } from "vitest";
import { cachedShop, ROW } from "./fast-path-clients.js";

const PAGE = { take: 2, orderBy: { id: "asc" } } as const;

test.each([true, false])("when() leaves queries out, hit or not; fast path: %s", async (fastPath) => {
  let isOpen = true;
  const asked: Parameters<When>[0][] = [];
  const when: When = (query) => {
    asked.push(query);
    return isOpen && query.args["skip"] === undefined;
  };
  const { cached, requests } = await cachedShop({ fastPath, models: { Product: { when, list: { ttl: "2m" } } } });
  const row = () => cached.product.findUnique(ROW);
  const page = (skip?: number) => cached.product.findMany({ ...PAGE, ...(skip === undefined ? {} : { skip }) });
  for (let i = 0; i < 4; i++) for (const read of [row, page, () => page(2)]) await read();
  expect(asked).toHaveLength(12);
  expect(asked[1]).toEqual({ model: "Product", operation: "findMany", args: PAGE });
  expect((await requests.of(row)).sent).toBe(0);
  expect((await requests.of(page)).sent).toBe(0);
  expect((await requests.of(() => page(2))).sent).toBe(1);
  isOpen = false;
  expect((await requests.of(row)).sent).toBe(1);
  const { info } = await cached.product.findUnique(ROW).withCacheInfo();
  expect(info).toMatchObject({ status: "bypass", reason: "policy" });
  expect(await cached.$cache.explain(cached.product.findUnique(ROW))).toMatchObject({ reason: "policy: when" });
  expect((await requests.of(() => cached.user.count())).sent).toBe(1);
  expect((await requests.of(() => cached.user.count())).sent).toBe(0);
});

test.each<[string, unknown]>([
  [
    "throws",
    () => {
      throw new Error("no such property");
    },
  ],
  ["answers later", async () => true],
  ["answers nothing", () => undefined],
  ["fails later", () => Promise.reject(new Error("later"))],
  ["answers what has no text", () => Object.create(null) as unknown],
])("one that %s leaves the query out, and says so", async (_, when) => {
  const { cached, requests, warnings } = await cachedShop({ defaults: { when: when as When } });
  const read = () => cached.product.findUnique(ROW);
  for (let i = 0; i < 3; i++) expect((await requests.of(read)).sent).toBe(1);
  expect(warnings).toHaveLength(3);
  expect(warnings[0]).toMatchObject({ code: "WHEN_FAILED", message: expect.stringContaining("Product") as string });
});
