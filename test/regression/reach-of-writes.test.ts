import { describe, expect, test } from "vitest";
import { providers, redisUrl, testShop, type Provider } from "../setup/client.js";
import type { PrismaClient } from "../setup/generated/postgresql/client.js";
import { markedJson } from "./naive/codecs.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

type Act = (prisma: PrismaClient) => PromiseLike<unknown>;

/** A write, and a read whose result it changes though the write's own model or operation does not suggest it. */
type Case = readonly [name: string, write: Act, read: Act];

const tagsOfProduct: Act = (p) =>
  p.product.findUnique({ where: { id: 1 }, include: { tags: { orderBy: { id: "asc" } } } });
const productsOfTag: Act = (p) =>
  p.tag.findMany({ include: { products: { orderBy: { id: "asc" } } }, orderBy: { id: "asc" } });

const CASES: readonly Case[] = [
  ["connect", (p) => p.product.update({ where: { id: 1 }, data: { tags: { connect: { id: 3 } } } }), productsOfTag],
  [
    "disconnect",
    (p) => p.product.update({ where: { id: 1 }, data: { tags: { disconnect: { id: 1 } } } }),
    productsOfTag,
  ],
  ["set", (p) => p.tag.update({ where: { id: 2 }, data: { products: { set: [{ id: 2 }] } } }), tagsOfProduct],
  [
    "connect that moves a foreign key",
    (p) => p.category.update({ where: { id: 1 }, data: { products: { connect: { id: 1 } } } }),
    (p) => p.product.findUnique({ where: { id: 1 } }),
  ],
  [
    "a nested create",
    (p) =>
      p.order.update({
        where: { id: 3n },
        data: { lines: { create: { position: 9, quantity: 1, price: 1, productId: 1 } } },
      }),
    (p) => p.orderLine.count(),
  ],
  [
    "a nested update",
    (p) => p.order.update({ where: { id: 1n }, data: { user: { update: { name: "nested" } } } }),
    (p) => p.user.findUnique({ where: { email: "u1@shop.test" } }),
  ],
  [
    "upsert's update branch",
    (p) => p.tag.upsert({ where: { id: 1 }, create: { name: "created" }, update: { name: "updated" } }),
    (p) => p.tag.findUnique({ where: { id: 1 } }),
  ],
  [
    "upsert's create branch",
    (p) => p.tag.upsert({ where: { name: "new" }, create: { id: 9, name: "new" }, update: {} }),
    (p) => p.tag.findUnique({ where: { id: 9 } }),
  ],
  [
    "onDelete: Cascade",
    (p) => p.$transaction([p.order.delete({ where: { id: 1n } }), p.user.delete({ where: { id: 1 } })]),
    (p) => p.profile.findUnique({ where: { id: "profile-1" } }),
  ],
  ["onDelete: Cascade, two steps away", (p) => p.order.delete({ where: { id: 1n } }), (p) => p.refund.findMany()],
  [
    "onDelete: SetNull",
    (p) => p.category.delete({ where: { id: 2 } }),
    (p) => p.product.findUnique({ where: { id: 1 } }),
  ],
  [
    "onUpdate: Cascade of a natural key",
    (p) => p.country.update({ where: { code: "FR" }, data: { code: "FX" } }),
    (p) => p.address.findUnique({ where: { id: "address-3" } }),
  ],
  [
    "a write seen through an include",
    (p) => p.product.update({ where: { id: 2 }, data: { name: "included" } }),
    (p) => p.order.findUnique({ where: { id: 1n }, include: { lines: { include: { product: true } } } }),
  ],
  [
    "a write seen through a filter over a relation",
    (p) => p.review.updateMany({ where: { id: 1 }, data: { rating: 5 } }),
    (p) => p.user.findMany({ where: { reviews: { some: { rating: 5 } } } }),
  ],
  [
    "null behind a filter that is negated",
    (p) => p.product.update({ where: { id: 2, categoryId: 3 }, data: { categoryId: null } }),
    (p) => p.orderLine.count({ where: { product: { isNot: { categoryId: 1 } } } }),
  ],
];

/** Operations that MySQL does not have. */
const RETURNING: readonly Case[] = [
  [
    "updateManyAndReturn",
    (p) => p.user.updateManyAndReturn({ where: { name: "User 2" }, data: { name: "returned" } }),
    (p) => p.user.findUnique({ where: { id: 2 } }),
  ],
  [
    "createManyAndReturn",
    (p) => p.tag.createManyAndReturn({ data: [{ id: 9, name: "returned" }] }),
    (p) => p.tag.count(),
  ],
];

async function scenario(make: MakeSubject, plain: PrismaClient, write: Act, read: Act) {
  const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
  const old = spell(await read(plain));
  await read(prisma);
  await settled();
  await write(prisma);
  const expected = spell(await read(plain));
  expect(expected, "the write changes what is read").not.toBe(old);
  const actual = spell(await read(prisma));
  expect([old, expected]).toContain(actual);
  return actual === expected ? "seen" : "missed";
}

/** Values without their types, which a naive cache loses. */
function spell(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}

describe.each(providers())("on %s", (provider: Provider) => {
  test.each(provider === "mysql" ? CASES : [...CASES, ...RETURNING])("%s is seen", async (_, write, read) => {
    const { prisma: plain } = await testShop(provider);
    expect(await scenario(evercache(), plain, write, read)).toBe("seen");
  });
});

test.each([...CASES, ...RETURNING])("%s is missed by a naive cache", async (_, write, read) => {
  const { plain } = await hookedDatabase();
  expect(await scenario(naive({ codec: markedJson }), plain, write, read)).toBe("missed");
});
