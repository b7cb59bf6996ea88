// Reads in transactions: of both forms, and with their infos.
import { makeClient, type PrismaClient } from "./model.js";

export async function inTransactions(base: PrismaClient) {
  const prisma = makeClient(base);
  const cacheStrategy = { ttl: 60 };
  const [users, { data: products, info }, order] = await prisma.$transaction([
    prisma.user.count({ cacheStrategy }),
    prisma.product.count({ cacheStrategy }).withAccelerateInfo(),
    prisma.order.findFirst({ cacheStrategy }),
  ]);
  const renamed = await prisma.$transaction(async (tx) => {
    await tx.user.update({ where: { id: 1 }, data: { name: "renamed" } });
    return tx.user.findUniqueOrThrow({ where: { id: 1 }, cacheStrategy });
  });
  return { users, products, status: info?.cacheStatus, order: order?.id, name: renamed.name };
}
