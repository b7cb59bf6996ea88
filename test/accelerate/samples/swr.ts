// Nobody waits for the database: what was there is shown, and is refreshed meanwhile.
import { makeClient, type PrismaClient } from "./model.js";

export async function showCategories(base: PrismaClient) {
  const prisma = makeClient(base);
  const show = () =>
    prisma.category.findMany({ include: { products: true }, cacheStrategy: { swr: 120 } }).withAccelerateInfo();
  const first = await show();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await show();
  return { first: first.info?.cacheStatus, second: second.info?.cacheStatus, count: second.data.length };
}
