// Fresh for five minutes, and shown for ten more while it is refreshed.
import { makeClient, type PrismaClient } from "./model.js";

export async function showProduct(base: PrismaClient, id: number) {
  const prisma = makeClient(base);
  const show = () =>
    prisma.product.findUnique({ where: { id }, cacheStrategy: { ttl: 300, swr: 600 } }).withAccelerateInfo();
  await show();
  const { data, info } = await show();
  return { name: data?.name, status: info?.cacheStatus };
}
