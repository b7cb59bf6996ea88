// Strategies that are named once, and functions that take them.
import type { PrismaCacheStrategy } from "#accelerate";
import type { Prisma } from "../../setup/generated/postgresql/client.js";
import { makeClient, type Client, type PrismaClient } from "./model.js";

type Strategy = NonNullable<PrismaCacheStrategy["cacheStrategy"]>;

const STRATEGIES = {
  catalogue: { ttl: 600, swr: 60, tags: ["catalogue"] },
  live: { swr: 5 },
} satisfies Record<string, Strategy>;

function findProducts<Args extends Prisma.ProductFindManyArgs>(
  prisma: Client,
  args: Prisma.SelectSubset<Args, Prisma.ProductFindManyArgs>,
  cacheStrategy: Strategy,
): Promise<Prisma.ProductGetPayload<Args>[]> {
  return prisma.product.findMany({ ...(args as object), cacheStrategy }) as never;
}

export async function namedStrategies(base: PrismaClient) {
  const prisma = makeClient(base);
  const found = await findProducts(prisma, { select: { sku: true }, take: 1 }, STRATEGIES.catalogue);
  const strategy: Strategy | undefined = found.length > 1 ? STRATEGIES.live : STRATEGIES.catalogue;
  const where = { published: true } satisfies Prisma.Args<Client["product"], "findMany">["where"];
  const count = await prisma.product.count({ where, cacheStrategy: strategy });
  return { sku: found[0]?.sku, count };
}
