// A list that is dropped by its name.
import { makeClient, type PrismaClient } from "./model.js";

export async function dropByTag(base: PrismaClient) {
  const prisma = makeClient(base);
  const home = () =>
    prisma.review.findMany({
      take: 5,
      orderBy: { id: "desc" },
      cacheStrategy: { ttl: 3600, tags: ["home", "reviews_top"] },
    });
  const statusOf = async () => (await home().withAccelerateInfo()).info?.cacheStatus;

  const statuses = [await statusOf(), await statusOf()];
  try {
    await prisma.$accelerate.invalidate({ tags: ["reviews_top"] });
  } catch (error) {
    throw new Error("The list could not be dropped.", { cause: error });
  }
  statuses.push(await statusOf());
  return statuses;
}
