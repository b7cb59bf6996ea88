// Every operation that can be cached.
import { makeClient, type PrismaClient } from "./model.js";

const cacheStrategy = { ttl: 60 };

export async function everyOperation(base: PrismaClient) {
  const { user, product, order } = makeClient(base);
  const all = async () => ({
    unique: (await user.findUnique({ where: { id: 1 }, cacheStrategy }))?.email,
    uniqueOrThrow: (await user.findUniqueOrThrow({ where: { email: "u1@shop.test" }, cacheStrategy })).id,
    first: (await user.findFirst({ orderBy: { id: "desc" }, cacheStrategy }))?.id,
    firstOrThrow: (await user.findFirstOrThrow({ where: { id: { gt: 1 } }, orderBy: { id: "asc" }, cacheStrategy })).id,
    many: (await product.findMany({ where: { stock: { gte: 0 } }, select: { id: true }, cacheStrategy })).length,
    count: await product.count({ cacheStrategy }),
    highest: (await product.aggregate({ _max: { price: true }, cacheStrategy }))._max.price?.toNumber(),
    groups: (await order.groupBy({ by: ["status"], _count: { _all: true }, orderBy: { status: "asc" }, cacheStrategy }))
      .length,
  });
  return [await all(), await all()];
}
