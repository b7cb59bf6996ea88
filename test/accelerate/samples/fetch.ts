// A fetch of the application's own, as some run-times need it.
import { withAccelerate } from "#accelerate";
import type { PrismaClient } from "./model.js";

export async function ownFetch(base: PrismaClient) {
  const calls: string[] = [];
  const prisma = base.$extends(
    withAccelerate({
      fetch: (input, init) => {
        calls.push(input instanceof Request ? input.url : input.toString());
        return fetch(input, init);
      },
    }),
  );
  const found = await prisma.country.findMany({ cacheStrategy: { ttl: 60 } });
  return { count: found.length, calls };
}
