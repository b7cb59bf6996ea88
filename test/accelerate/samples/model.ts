// What all samples begin with. They are written for Prisma Accelerate: `#accelerate` is the one import that changes, and
// stands for @prisma/extension-accelerate or @evercache/prisma/accelerate.
import { withAccelerate } from "#accelerate";
import type { PrismaClient } from "../../setup/generated/postgresql/client.js";

export type { PrismaClient };

/** The client of an application, as it would export it. */
export function makeClient(base: PrismaClient) {
  return base.$extends(withAccelerate());
}

export type Client = ReturnType<typeof makeClient>;
