import { randomBytes } from "node:crypto";
import { createGate, type StoreHooks } from "@evercache/testing";
import { describe, expect, test } from "vitest";
import { providers } from "../setup/client.js";
import type { Prisma } from "../setup/generated/postgresql/client.js";
import { sameByType } from "./same-by-type.js";
import { hit, odd, REFILL, shop, type Options } from "./refill-shop.js";

describe.each(providers())("lists that a row is in, on %s", (provider) => {
  const SHELF = { where: { categoryId: 1, published: true } } as const;
  const LIST = { ...SHELF, orderBy: [{ stock: "asc" }, { id: "asc" }] } satisfies Prisma.ProductFindManyArgs;
  const IDS = [1001, 1002, 1003, 1004] as const;
  // Of MySQL's rows nothing is remembered: the write itself says on which shelf it finds the row.
  const found = provider === "mysql" ? { categoryId: 1 } : {};

  /** Four rows on one shelf, one behind the other. `ask`: as often as it takes for a write to leave the list. */
  async function shelf(options?: Options, hooks?: StoreHooks) {
    const { plain, start: process, counting } = await shop(provider);
    await plain.product.updateMany({ where: { categoryId: 1 }, data: { categoryId: 2 } });
    for (const id of IDS) {
      const data = { ...odd(`on the shelf ${id}`, provider), id, stock: id, categoryId: 1, supplierId: 1 };
      await plain.product.create({ data });
    }
    const [a, b] = [process(options, hooks), process(options)];
    const ask = async (args: Prisma.ProductFindManyArgs = LIST) => {
      for (let times = 0; times < 3; times++) await a.cached.product.findMany(args);
    };
    /** Where it came from. What it is must be right. */
    const see = async (args: Prisma.ProductFindManyArgs = LIST) => {
      const { data, info } = await b.cached.product.findMany(args).withCacheInfo();
      expect(sameByType(data, await plain.product.findMany(args))).toBeNull();
      return info.status;
    };
    return { plain, a: a.cached, b: b.cached, events: a.events, ask, see, counting, process };
  }

  test.each([true, false])("stay, and are hits with its new row: with fastPath %s", async (fastPath) => {
    const { a, b, ask, see, counting } = await shelf({ ...REFILL, fastPath });
    const changes: Prisma.ProductUpdateInput[] = [
      { name: "new" },
      { weight: 1.5, description: "text", attributes: [1, null], image: new Uint8Array([9]) },
      { price: "7.5", views: { increment: 1 } },
      { stock: IDS[1], published: true, name: "as it was" },
    ];
    for (const data of changes) {
      await ask();
      await a.product.update({ where: { id: IDS[1], ...found }, data });
      const { result, queries } = await counting(() => hit(b.product.findMany(LIST)));
      expect([result.length, queries]).toEqual([IDS.length, 0]);
      expect(await see()).toBe("hit");
    }
  });

  test("stay by another key of the row, and while others of them move", async () => {
    const { a, ask, see } = await shelf();
    const byName = { ...SHELF, orderBy: [{ name: "asc" }, { id: "asc" }] } satisfies Prisma.ProductFindManyArgs;
    const sku = `on the shelf ${IDS[2]}`;
    await ask();
    await ask(byName);
    await a.product.update({ where: { sku, ...found }, data: { name: "another" } });
    expect([await see(), await see(byName)]).toEqual(["hit", "miss"]);
  });

  test("are right where it comes, goes or moves", async () => {
    const { a, ask, see } = await shelf();
    const moves: [id: number, data: Prisma.ProductUncheckedUpdateInput][] = [
      [IDS[0], { stock: 2_000 }],
      [IDS[1], { stock: { increment: 1 } }],
      [IDS[1], { published: false }],
      [IDS[2], { categoryId: 2 }],
      [IDS[2], { categoryId: 1 }],
      [IDS[1], { published: true }],
      [IDS[3], { categoryId: null }],
      [IDS[3], { categoryId: 1, stock: 1 }],
      [IDS[3], { id: 900 }],
    ];
    for (const [id, data] of moves) {
      await ask();
      await a.product.update({ where: { id }, data });
      expect(await see()).toBe("miss");
      expect(await see({ where: { categoryId: 2, published: true }, orderBy: { id: "asc" } })).toBeDefined();
    }
  });

  test("are right in windows of them", async () => {
    const { a, ask, see } = await shelf();
    const page = { ...LIST, skip: 1, take: 2 };
    const end = { ...LIST, take: -2 };
    const statuses: string[][] = [];
    for (const id of IDS) {
      for (const data of [{ name: `new ${id}` }, { stock: 1 }, { stock: id }]) {
        await ask(page);
        await ask(end);
        await a.product.update({ where: { id, ...found }, data });
        statuses.push([await see(page), await see(end)]);
      }
    }
    // Of each row: where it keeps its place, moves to the front, and moves back.
    const ofEach = IDS.map((_, i) => statuses.slice(3 * i, 3 * i + 3));
    expect(ofEach.map(([kept]) => kept)).toEqual([
      ["miss", "miss"],
      ["hit", "miss"],
      ["hit", "hit"],
      ["miss", "hit"],
    ]);
    expect(ofEach.flatMap(([, ...moved]) => moved.flat())).not.toContain("hit");
  });

  test("are right where others write at the same time", async () => {
    const { a, b, ask, see, process } = await shelf();
    const { cached: c } = process();
    const write = (client: typeof a, id: number, name: string) =>
      client.product.update({ where: { id, ...found }, data: { name } });
    for (let round = 0; round < 5; round++) {
      await ask();
      await Promise.all([
        write(a, IDS[0], `a${round}`),
        write(b, IDS[1], `b${round}`),
        write(c, IDS[0], `c${round}`),
        c.product.update({ where: { id: IDS[2] }, data: { published: round % 2 === 1 } }),
      ]);
      await see();
    }
  });

  test("do not stay where another client was in the lock, and has gone", async () => {
    const releasing = createGate();
    let isHeld = false;
    const release = () => (isHeld ? releasing.pass() : undefined);
    const { a, b, ask, see } = await shelf({ ...REFILL, awaitRelease: true }, { before: { release } });
    await b.product.findMany(LIST);
    await ask();
    isHeld = true;
    const writing = a.product.update({ where: { id: IDS[0] }, data: { name: "one" } }).then(() => {});
    await releasing.arrived;
    await b.product.update({ where: { id: IDS[1] }, data: { name: "two" } });
    releasing.open();
    await writing;
    expect(await see()).toBe("miss");
  });

  test("do not stay without one who asks again", async () => {
    const { a, ask, see } = await shelf();
    await ask();
    const rename = (name: string) => a.product.update({ where: { id: IDS[0], ...found }, data: { name } });
    await rename("one");
    await rename("two");
    expect(await see()).toBe("miss");
  });

  test("are left as they are seen in the scope of the write alone", async () => {
    let scope = "one";
    const { a, ask, see } = await shelf({ ...REFILL, scope: () => scope });
    await ask();
    scope = "two";
    await a.product.update({ where: { id: IDS[0], ...found }, data: { name: "two" } });
    scope = "one";
    expect(await see()).toBe("miss");
    await ask();
    await a.product.update({ where: { id: IDS[0], ...found }, data: { name: "one" } });
    expect(await see()).toBe("hit");
  });

  test("are left by every client that is shown the same, with columns that are computed of the new row", async () => {
    const { a, b, ask, see } = await shelf();
    const extend = (client: typeof a) =>
      client.$extends({
        result: { product: { loud: { needs: { name: true }, compute: ({ name }) => name.toUpperCase() } } },
      });
    const [one, other] = [extend(a), extend(a)];
    for (let times = 0; times < 3; times++) await one.product.findMany(LIST);
    await ask();
    await other.product.update({ where: { id: IDS[0], ...found }, data: { name: "loud" } });
    const [first] = await hit(extend(b).product.findMany(LIST));
    expect(first!.loud).toBe("LOUD");
    // To this client, others are shown.
    expect(await see()).toBe("miss");
    await ask();
    await a.product.update({ where: { id: IDS[0], ...found }, data: { name: "plain" } });
    expect(await see()).toBe("hit");
    expect((await extend(b).product.findMany(LIST))[0]!.loud).toBe("PLAIN");
  });

  test("are encrypted and compressed as they were", async () => {
    const encryption = { keys: [{ id: "2026", key: randomBytes(32).toString("base64") }] };
    const { a, ask, see } = await shelf({ defaults: { onWrite: "refill", encrypt: true, compress: true }, encryption });
    await ask();
    await a.product.update({ where: { id: IDS[0], ...found }, data: { name: "secret" } });
    expect(await see()).toBe("hit");
  });

  test.each<[string, (a: Awaited<ReturnType<typeof shelf>>["a"]) => PromiseLike<unknown>]>([
    [
      "of a part of the row",
      (a) => a.product.update({ where: { id: IDS[0] }, data: { name: "x" }, select: { id: true } }),
    ],
    [
      "without some columns",
      (a) => a.product.update({ where: { id: IDS[0] }, data: { name: "x" }, omit: { image: true } }),
    ],
    ["of many rows", (a) => a.product.updateMany({ where: { id: IDS[0] }, data: { name: "x" } })],
    [
      "that may have created it",
      (a) => a.product.upsert({ where: { id: IDS[0] }, create: odd("none", provider), update: { name: "x" } }),
    ],
    ["that removed it", (a) => a.product.delete({ where: { id: IDS[0] } })],
    [
      "in a transaction",
      (a) => a.$transaction(async (tx) => tx.product.update({ where: { id: IDS[0] }, data: { name: "x" } })),
    ],
    ["in a batch", (a) => a.$transaction([a.product.update({ where: { id: IDS[0] }, data: { name: "x" } })])],
  ])("do not stay after a write %s", async (_, write) => {
    const { a, ask, see } = await shelf();
    await ask();
    await write(a);
    expect(await see()).toBe("miss");
  });

  test("are right where what this process remembers of the row is wrong", async () => {
    const { plain, a, b, ask, see } = await shelf();
    await ask();
    await b.product.update({ where: { id: IDS[0] }, data: { published: false } });
    await a.product.update({ where: { id: IDS[0] }, data: { name: "x" } });
    expect(await see()).toBe("miss");
    expect(await plain.product.findUnique({ where: { id: IDS[0] } })).toMatchObject({ name: "x", published: false });
  });
});

test("a list is right where a trigger moves the row within it, or out of it", async () => {
  const { plain, start: process } = await shop();
  const { cached: a } = process();
  const list: Prisma.ProductFindManyArgs = {
    where: { categoryId: 1, supplierId: 1 },
    orderBy: [{ stock: "asc" }, { id: "asc" }],
  };
  await plain.product.updateMany({ data: { categoryId: 1, supplierId: 1 } });
  await plain.$executeRawUnsafe(`
    CREATE FUNCTION moved() RETURNS trigger AS $$ BEGIN
      IF NEW.name = 'last' THEN NEW.stock = 1000; END IF;
      IF NEW.name = 'gone' THEN NEW."supplierId" = 2; END IF;
      RETURN NEW;
    END $$ LANGUAGE plpgsql`);
  await plain.$executeRawUnsafe(
    `CREATE TRIGGER moving BEFORE UPDATE ON "Product" FOR EACH ROW EXECUTE FUNCTION moved()`,
  );
  const statuses: string[] = [];
  for (const name of ["stays", "last", "stays", "gone"]) {
    for (let times = 0; times < 3; times++) await a.product.findMany(list);
    await a.product.update({ where: { id: 1 }, data: { name } });
    const { data, info } = await a.product.findMany(list).withCacheInfo();
    expect(sameByType(data, await plain.product.findMany(list))).toBeNull();
    statuses.push(info.status);
  }
  expect(statuses).toEqual(["hit", "miss", "hit", "miss"]);
});
