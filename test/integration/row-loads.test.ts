import { describe, expect, test } from "vitest";
import { providers, testShop } from "../setup/client.js";
import { extended, onlooker, request, shop, withCache, type Plain } from "./fast-path-clients.js";

const MINIMAL = { errorFormat: "minimal" } as const;

describe.each(providers())("rows that are asked for by key at once, on %s", (provider) => {
  async function cachedClient() {
    const { prisma, ...client } = await testShop(provider, MINIMAL);
    return { ...client, plain: prisma, cached: withCache(prisma, { fastPath: true }) };
  }

  test("are one statement, and each is what Prisma would find", async () => {
    const { plain, cached, counting } = await cachedClient();
    const ids = [3, 1, 99, 2, 5, -1];
    const expected = await Promise.all(ids.map((id) => plain.product.findUnique({ where: { id } })));
    const { result, queries } = await counting(() =>
      Promise.all(ids.map((id) => cached.product.findUnique({ where: { id } }))),
    );
    expect(result).toEqual(expected);
    expect(expected.map((row) => row === null)).toEqual([false, false, true, false, false, true]);
    expect(queries).toBe(1);
    const again = await counting(() => Promise.all(ids.map((id) => cached.product.findUnique({ where: { id } }))));
    expect(again).toEqual({ result: expected, queries: 0 });
    await cached.$cache.disconnect();
  });

  test("are no more than a statement takes", async () => {
    const { cached, counting } = await cachedClient();
    const ids = Array.from({ length: 250 }, (_, i) => i + 1);
    const { result, queries } = await counting(() =>
      Promise.all(ids.map((id) => cached.product.findUnique({ where: { id } }))),
    );
    expect(result.map((row, i) => row === null || row.id === ids[i])).not.toContain(false);
    expect(queries).toBe(3);
    await cached.$cache.disconnect();
  });

  test("have the columns that are selected, in their order", async () => {
    const { plain, cached, counting } = await cachedClient();
    const selections = [
      { id: true, name: true },
      { name: true, id: true },
      { id: true, category: true },
      { name: true },
    ];
    const ask = (client: Plain) =>
      Promise.all(
        [1, 2].flatMap((id) => selections.map((select) => client.product.findUnique({ where: { id }, select }))),
      );
    const expected = await ask(plain);
    const { result } = await counting(() => ask(cached as unknown as Plain));
    expect(JSON.stringify(result)).toBe(JSON.stringify(expected));
    await cached.$cache.disconnect();
  });
});

describe("one that cannot be asked for in this way", () => {
  async function cached() {
    const world = await shop(MINIMAL);
    return { ...world, cached: withCache(world.plain, { fastPath: true }) };
  }

  test("fails by itself, in Prisma's words", async () => {
    const { plain, cached: client } = await cached();
    const badId = { where: { id: 2 ** 40 } };
    const expected = await plain.product.findUnique(badId).catch((error: Error) => error.message);
    const [row, failure] = await Promise.all([
      client.product.findUnique({ where: { id: 1 } }),
      client.product.findUnique(badId).catch((error: Error) => error.message),
    ]);
    expect(row?.id).toBe(1);
    expect(failure).toBe(expected);
    const unknown = { where: { id: 3 }, select: { id: true, nonsense: true } } as never;
    const word = (error: Error) => error.message;
    expect(
      await Promise.all([
        client.product.findUnique(unknown).catch(word),
        client.product.findUnique(unknown).catch(word),
      ]),
    ).toEqual(Array.from({ length: 2 }, () => expect.stringContaining("prisma.product.findUnique()")));
    await client.$cache.disconnect();
  });

  test("is not hidden from a hook below the cache, nor from a method", async () => {
    const { plain } = await shop(MINIMAL);
    const { seen, part } = onlooker("product");
    const model = { user: { findMany: () => Promise.reject(new Error("not that one")) } };
    const hooked = extended(plain, { ...part, model });
    const client = withCache(hooked, { innerExtensions: "trusted", fastPath: "trusted" });
    await Promise.all([1, 2].map((id) => client.product.findUnique({ where: { id } })));
    expect(seen).toEqual(["findUnique", "findUnique"]);
    const users = await Promise.all([1, 2].map((id) => client.user.findUnique({ where: { id } })));
    expect(users.map((user) => user?.id)).toEqual([1, 2]);
    await client.$cache.disconnect();
  });

  test("twice gets two rows", async () => {
    const { cached: client, requests } = await cached();
    const read = () => client.product.findUnique({ where: { id: 1 }, cache: false });
    const [one, two] = await Promise.all([read(), read()]);
    expect(one).toEqual(two);
    expect(one).not.toBe(two);
    await request.run("a request", async () => await client.product.findUnique({ where: { id: 2 }, cache: false }));
    expect(requests.counts.within.at(-1)).toBe("a request");
    await client.$cache.disconnect();
  });
});
