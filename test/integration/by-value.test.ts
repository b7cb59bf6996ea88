import type { CacheEvent } from "@evercache/prisma";
import { expect, onTestFinished, test, vi } from "vitest";
import { PreparedQueries } from "../../packages/prisma/src/query/prepared.js";
import { cachedShop, ERROR_FORMATS, withCache, type Cached, type Options } from "./fast-path-clients.js";

/** Often enough for a read to be known again in every way. */
const TIMES = 5;

/** The keys that reads of it were looked for by, in order. */
function keysOf(client: Cached): string[] {
  const keys: string[] = [];
  const note = (event: CacheEvent): unknown => (event.type === "hit" || event.type === "miss") && keys.push(event.key);
  client.$cache.on("event", note);
  return keys;
}

const READS: readonly ((client: Cached) => PromiseLike<unknown>)[] = [
  ({ product }) => product.findUnique({ where: { id: 1 } }),
  ({ product }) => product.findUnique({ where: { id: 2 } }),
  ({ user }) => user.findUnique({ where: { id: 1 } }),
  ({ product }) => product.findUnique({ where: { sku: "sku1" } }),
  ({ product }) => product.findUnique({ where: { id: 1 }, select: { name: true } }),
  ({ product }) => product.findUnique({ where: { id: 0 } }),
  ({ product }) => product.findUnique({ where: { id: -0 } }),
  ({ product }) => product.findUnique({ where: { id: 99 } }),
  ({ product }) => product.findUnique({ where: { sku: "1" } }),
  ({ warehouse }) => warehouse.findUnique({ where: { id: "W1" } }),
  ({ warehouse }) => warehouse.findUnique({ where: { code: "W1" } }),
  ({ product }) => product.findUniqueOrThrow({ where: { id: 1 } }),
  ({ product }) => product.findUniqueOrThrow({ where: { id: 99 } }).catch((error: Error) => error.name),
  ({ order }) => order.findUnique({ where: { id: 1n } }),
  ({ order }) => order.findUnique({ where: { id: 1 } }),
  ({ order }) => order.findUnique({ where: { id: 0n } }),
  ({ product }) => product.findFirst({ where: { id: 1 } }),
];

test.each([{}, { defaults: { l1: true } }, { scope: () => "tenant" }, { models: { User: false } }] satisfies Options[])(
  "a read that is known by its value is what it is otherwise: %j",
  async (options) => {
    for (const errorFormat of ERROR_FORMATS) {
      const { plain, cached } = await cachedShop({ ...options, fastPath: true }, { errorFormat });
      const hooked = withCache(plain, { ...options, fastPath: false });
      onTestFinished(() => hooked.$cache.disconnect());
      const [own, others] = [keysOf(cached), keysOf(hooked)];
      for (const read of READS) {
        for (let i = 0; i < TIMES; i++) expect(await read(cached)).toEqual(await read(hooked));
      }
      expect(own.length).toBeGreaterThan(READS.length);
      expect(own).toEqual(others);
    }
  },
);

test("its value is the one that it had when it was awaited", async () => {
  const { cached } = await cachedShop({ fastPath: true });
  for (let i = 0; i < TIMES; i++) {
    const args = { where: { id: 1 } };
    const read = cached.product.findUnique(args);
    args.where.id = 2;
    const found = read.then((row) => row?.id);
    args.where.id = 3;
    expect(await found).toBe(2);
  }
});

test("it is another one for who asks in another name", async () => {
  let tenant = "a";
  const { cached } = await cachedShop({ fastPath: true, scope: () => tenant });
  const keys = keysOf(cached);
  for (let i = 0; i < TIMES; i++) {
    for (tenant of ["a", "b"]) await cached.product.findUnique({ where: { id: 1 } });
  }
  expect(keys).toHaveLength(2 * TIMES);
  expect(keys[0]).not.toBe(keys[1]);
  expect(keys).toEqual(keys.map((_, i) => keys[i % 2]));
});

test("a write is seen by it, and a policy of its own is kept to", async () => {
  const { cached, requests } = await cachedShop({ fastPath: true, defaults: { l1: true } });
  const read = () => cached.product.findUnique({ where: { id: 1 } });
  for (let i = 0; i < TIMES; i++) {
    await cached.product.update({ where: { id: 1 }, data: { name: `Name ${i}` } });
    for (let k = 0; k < TIMES; k++) expect((await read())?.name).toBe(`Name ${i}`);
  }
  expect((await requests.of(read)).sent).toBe(0);
  expect((await requests.of(() => cached.product.findUnique({ where: { id: 1 }, cache: false }))).sent).toBe(1);
});

test("nothing is kept for names that are no columns, and a value that changes while it is looked at is a value", async () => {
  const { cached } = await cachedShop({ fastPath: true }, { errorFormat: "minimal" });
  const byValue = vi.spyOn(PreparedQueries.prototype, "byValue");
  onTestFinished(() => byValue.mockRestore());
  for (let i = 0; i < TIMES; i++) {
    for (const name of ["no column", "constructor", "category"]) {
      const where = { [name]: "1" } as never;
      await expect(cached.product.findUnique({ where })).rejects.toThrow();
    }
    await cached.product.findUnique({ where: { sku: "sku1" } });
  }
  expect(byValue.mock.calls.map(([kind]) => kind.split(":").at(-1))).toEqual(["sku"]);
  let looks = 0;
  const where = {
    get id(): number {
      return ++looks;
    },
  };
  for (let i = 0; i < TIMES; i++) expect((await cached.product.findUnique({ where }))?.id ?? looks).toBe(looks);
});
