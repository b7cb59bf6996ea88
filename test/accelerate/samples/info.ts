// Where a result came from.
import type { AccelerateInfo } from "#accelerate";
import { makeClient, type PrismaClient } from "./model.js";

export async function whereFrom(base: PrismaClient) {
  const prisma = makeClient(base);
  const { data, info } = await prisma.user
    .findFirst({ where: { email: { endsWith: "@shop.test" } }, cacheStrategy: { ttl: 30, swr: 30 } })
    .withAccelerateInfo();
  const plain = await prisma.user.findFirst().withAccelerateInfo();
  return { email: data?.email, told: info && describe(info), plain: plain.info?.cacheStatus };
}

function describe(info: AccelerateInfo) {
  const { cacheStatus, lastModified, region, requestId, signature } = info;
  return { cacheStatus, at: lastModified.toISOString(), region, requestId, signature };
}
