// A list that may be a minute old.
import { makeClient, type PrismaClient } from "./model.js";

export async function listProducts(base: PrismaClient) {
  const prisma = makeClient(base);
  const list = () =>
    prisma.product.findMany({
      where: { published: true },
      orderBy: { id: "asc" },
      select: { id: true, name: true, price: true },
      cacheStrategy: { ttl: 60 },
    });
  const first = await list();
  const [cheapest] = await list();
  return { count: first.length, name: cheapest?.name, price: cheapest?.price.toNumber() };
}
