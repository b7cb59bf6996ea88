// Beside other extensions, in a client that is made once.
import { withAccelerate } from "#accelerate";
import type { PrismaClient } from "./model.js";

const extend = (base: PrismaClient) =>
  base
    .$extends({
      result: {
        user: { label: { needs: { name: true, email: true }, compute: (user) => `${user.name} <${user.email}>` } },
      },
    })
    .$extends(withAccelerate())
    .$extends({ client: { $now: () => new Date(0) } });

type Extended = ReturnType<typeof extend>;

const globals = globalThis as unknown as { samplePrisma?: Extended };

export async function besideOthers(base: PrismaClient) {
  const prisma = (globals.samplePrisma ??= extend(base));
  try {
    const read = () => prisma.user.findFirstOrThrow({ where: { id: 1 }, cacheStrategy: { ttl: 60 } });
    await read();
    return { label: (await read()).label, now: prisma.$now().getTime() };
  } finally {
    delete globals.samplePrisma;
  }
}
