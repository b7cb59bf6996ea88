import { cacheExtension } from "@evercache/prisma";
import { PrismaClient, type Prisma } from "./generated/client.ts";

export declare const adapter: Prisma.PrismaClientOptionsWithAdapter["adapter"];

/** As generated. */
export const plain = new PrismaClient({ adapter });
/** Extended by nothing: what Prisma makes of every extended client. */
export const extended = plain.$extends({});
export const cached = plain.$extends(cacheExtension({ redis: "redis://localhost" }));

export const plainOmitting = new PrismaClient({
  adapter,
  omit: { user: { password: true }, product: { details: true } },
});
export const cachedOmitting = plainOmitting.$extends(cacheExtension({}));
