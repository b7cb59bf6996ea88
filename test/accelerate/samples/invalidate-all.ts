// Everything is dropped, as after a migration.
import { makeClient, type PrismaClient } from "./model.js";

export async function dropEverything(base: PrismaClient) {
  const prisma = makeClient(base);
  const users = () => prisma.user.count({ where: { active: true }, cacheStrategy: { ttl: 60 } }).withAccelerateInfo();
  const statuses = [(await users()).info?.cacheStatus, (await users()).info?.cacheStatus];
  const { requestId } = await prisma.$accelerate.invalidateAll();
  statuses.push((await users()).info?.cacheStatus);
  return { statuses, requestId };
}
