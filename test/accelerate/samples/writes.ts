// A write, and the list that shows it dropped by hand, as Accelerate needs it.
import { makeClient, type Client, type PrismaClient } from "./model.js";

async function rename(prisma: Client, id: number, name: string) {
  const renamed = await prisma.user.update({ where: { id }, data: { name } });
  await prisma.$accelerate.invalidate({ tags: [`user_${id}`] });
  return renamed;
}

export async function writeAndRead(base: PrismaClient) {
  const prisma = makeClient(base);
  const find = () => prisma.user.findUniqueOrThrow({ where: { id: 1 }, cacheStrategy: { ttl: 60, tags: ["user_1"] } });
  await find();
  await rename(prisma, 1, "Ada");
  return (await find()).name;
}
