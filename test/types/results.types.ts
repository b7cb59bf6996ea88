// Every operation gives exactly what the generated client gives.
import { cached, cachedOmitting, plain, plainOmitting } from "./clients.ts";
import { promises, same } from "./expect.ts";
import type { Prisma, Role } from "./generated/client.ts";

// One row
same(plain.user.findUnique({ where: { id: 1 } }), cached.user.findUnique({ where: { id: 1 } }));
same(plain.user.findUniqueOrThrow({ where: { email: "a" } }), cached.user.findUniqueOrThrow({ where: { email: "a" } }));
same(plain.user.findFirst(), cached.user.findFirst());
same(plain.user.findFirst({ where: { name: null } }), cached.user.findFirst({ where: { name: null } }));
same(plain.user.findFirstOrThrow({ orderBy: { id: "asc" } }), cached.user.findFirstOrThrow({ orderBy: { id: "asc" } }));
same(
  plain.orderItem.findUnique({ where: { orderId_productId: { orderId: 1, productId: 2 } } }),
  cached.orderItem.findUnique({ where: { orderId_productId: { orderId: 1, productId: 2 } } }),
);
same(
  plain.orderItem.findUnique({ where: { position: { orderId: 1, line: 2 } }, select: { quantity: true } }),
  cached.orderItem.findUnique({ where: { position: { orderId: 1, line: 2 } }, select: { quantity: true } }),
);

// Special scalars, lists, enums
same(plain.product.findMany(), cached.product.findMany());
same(plain.profile.findMany(), cached.profile.findMany());
same(plain.auditLog.findMany(), cached.auditLog.findMany());
same(plain.post.findMany({ select: { keywords: true } }), cached.post.findMany({ select: { keywords: true } }));
promises<
  {
    id: number;
    sku: string;
    name: string;
    price: Prisma.Decimal;
    stock: bigint;
    details: Prisma.JsonValue;
    updatedAt: Date;
  }[]
>()(cached.product.findMany());
promises<{ role: Role; settings: Prisma.JsonValue } | null>()(
  cached.user.findFirst({ select: { role: true, settings: true } }),
);

// select, include, omit
same(
  plain.user.findMany({ select: { id: true, name: false, posts: true, profile: true } }),
  cached.user.findMany({ select: { id: true, name: false, posts: true, profile: true } }),
);
same(
  plain.user.findMany({ select: { posts: { select: { tags: { select: { label: true } }, author: true }, take: 3 } } }),
  cached.user.findMany({ select: { posts: { select: { tags: { select: { label: true } }, author: true }, take: 3 } } }),
);
same(
  plain.post.findMany({
    include: { author: true, tags: true, comments: { include: { author: { include: { profile: true } } } } },
  }),
  cached.post.findMany({
    include: { author: true, tags: true, comments: { include: { author: { include: { profile: true } } } } },
  }),
);
same(
  plain.user.findMany({ include: { posts: { omit: { title: true } } }, omit: { password: true } }),
  cached.user.findMany({ include: { posts: { omit: { title: true } } }, omit: { password: true } }),
);
same(plain.user.findFirst({ omit: { password: true } }), cached.user.findFirst({ omit: { password: true } }));
same(
  plain.comment.findMany({ select: { parent: { select: { id: true } }, replies: true } }),
  cached.comment.findMany({ select: { parent: { select: { id: true } }, replies: true } }),
);
same(plain.user.findMany({ select: { _count: true } }), cached.user.findMany({ select: { _count: true } }));
same(
  plain.user.findMany({ include: { _count: { select: { posts: { where: { published: true } }, orders: true } } } }),
  cached.user.findMany({ include: { _count: { select: { posts: { where: { published: true } }, orders: true } } } }),
);

// What the client omits
same(plainOmitting.user.findMany(), cachedOmitting.user.findMany());
same(
  plainOmitting.user.findMany({ omit: { password: false } }),
  cachedOmitting.user.findMany({ omit: { password: false } }),
);
same(
  plainOmitting.post.findMany({ include: { author: true } }),
  cachedOmitting.post.findMany({ include: { author: true } }),
);
same(
  plainOmitting.user.findMany({ select: { password: true } }),
  cachedOmitting.user.findMany({ select: { password: true } }),
);
same(
  plainOmitting.post.findFirst().author({ include: { profile: true } }),
  cachedOmitting.post.findFirst().author({ include: { profile: true } }),
);
same(
  plainOmitting.user.create({ data: { email: "a", password: "b" } }),
  cachedOmitting.user.create({ data: { email: "a", password: "b" } }),
);

// count
same(plain.user.count(), cached.user.count());
same(plain.user.count({ where: { role: "ADMIN" }, take: 3 }), cached.user.count({ where: { role: "ADMIN" }, take: 3 }));
same(plain.user.count({ select: true }), cached.user.count({ select: true }));
same(
  plain.user.count({ select: { _all: true, name: true } }),
  cached.user.count({ select: { _all: true, name: true } }),
);

// aggregate
same(plain.order.aggregate({ _count: true }), cached.order.aggregate({ _count: true }));
same(
  plain.order.aggregate({
    where: { userId: 1 },
    _count: { _all: true, weight: true },
    _sum: { total: true, weight: true },
  }),
  cached.order.aggregate({
    where: { userId: 1 },
    _count: { _all: true, weight: true },
    _sum: { total: true, weight: true },
  }),
);
same(
  plain.product.aggregate({
    _avg: { stock: true, price: true },
    _min: { sku: true, updatedAt: true },
    _max: { stock: true },
  }),
  cached.product.aggregate({
    _avg: { stock: true, price: true },
    _min: { sku: true, updatedAt: true },
    _max: { stock: true },
  }),
);
promises<{ _avg: { stock: number | null }; _sum: { stock: bigint | null } }>()(
  cached.product.aggregate({ _avg: { stock: true }, _sum: { stock: true } }),
);

// groupBy
same(plain.user.groupBy({ by: "role" }), cached.user.groupBy({ by: "role" }));
same(plain.user.groupBy({ by: ["role", "name"] }), cached.user.groupBy({ by: ["role", "name"] }));
same(
  plain.user.groupBy({ by: ["role"], _count: true, having: { role: "ADMIN" } }),
  cached.user.groupBy({ by: ["role"], _count: true, having: { role: "ADMIN" } }),
);
same(
  plain.order.groupBy({
    by: ["userId"],
    where: { weight: { gt: 1 } },
    having: { total: { _sum: { gt: 100 } }, OR: [{ userId: 1 }, { weight: { _avg: { gt: 2 } } }] },
    orderBy: [{ _sum: { total: "desc" } }, { userId: "asc" }],
    take: 10,
    skip: 1,
    _count: { _all: true },
    _sum: { total: true },
    _avg: { weight: true },
  }),
  cached.order.groupBy({
    by: ["userId"],
    where: { weight: { gt: 1 } },
    having: { total: { _sum: { gt: 100 } }, OR: [{ userId: 1 }, { weight: { _avg: { gt: 2 } } }] },
    orderBy: [{ _sum: { total: "desc" } }, { userId: "asc" }],
    take: 10,
    skip: 1,
    _count: { _all: true },
    _sum: { total: true },
    _avg: { weight: true },
  }),
);

// Relations of one row
same(plain.user.findUnique({ where: { id: 1 } }).posts(), cached.user.findUnique({ where: { id: 1 } }).posts());
same(
  plain.user.findUniqueOrThrow({ where: { id: 1 } }).posts({ where: { published: true }, select: { id: true } }),
  cached.user.findUniqueOrThrow({ where: { id: 1 } }).posts({ where: { published: true }, select: { id: true } }),
);
same(plain.user.findFirst().profile(), cached.user.findFirst().profile());
same(
  plain.comment
    .findUniqueOrThrow({ where: { id: 1 } })
    .post()
    .author()
    .profile(),
  cached.comment
    .findUniqueOrThrow({ where: { id: 1 } })
    .post()
    .author()
    .profile(),
);
same(
  plain.comment
    .findFirstOrThrow()
    .parent()
    .replies({ include: { author: true } }),
  cached.comment
    .findFirstOrThrow()
    .parent()
    .replies({ include: { author: true } }),
);
same(
  plain.profile.update({ where: { id: 1 }, data: { bio: "" } }).user({ select: { email: true } }),
  cached.profile.update({ where: { id: 1 }, data: { bio: "" } }).user({ select: { email: true } }),
);

// Writes
same(
  plain.user.create({ data: { email: "a", password: "b" }, include: { posts: true } }),
  cached.user.create({ data: { email: "a", password: "b" }, include: { posts: true } }),
);
same(
  plain.user.createMany({ data: [{ email: "a", password: "b" }] }),
  cached.user.createMany({ data: [{ email: "a", password: "b" }] }),
);
same(
  plain.tag.createManyAndReturn({ data: [{ label: "a" }], select: { id: true } }),
  cached.tag.createManyAndReturn({ data: [{ label: "a" }], select: { id: true } }),
);
same(
  plain.product.update({ where: { id: 1 }, data: { stock: { decrement: 1 } }, select: { stock: true } }),
  cached.product.update({ where: { id: 1 }, data: { stock: { decrement: 1 } }, select: { stock: true } }),
);
same(plain.tag.updateMany({ data: { label: "a" } }), cached.tag.updateMany({ data: { label: "a" } }));
same(plain.tag.updateManyAndReturn({ data: { label: "a" } }), cached.tag.updateManyAndReturn({ data: { label: "a" } }));
same(
  plain.tag.upsert({ where: { id: 1 }, create: { label: "a" }, update: {}, include: { posts: true } }),
  cached.tag.upsert({ where: { id: 1 }, create: { label: "a" }, update: {}, include: { posts: true } }),
);
same(
  plain.tag.delete({ where: { label: "a" }, omit: { label: true } }),
  cached.tag.delete({ where: { label: "a" }, omit: { label: true } }),
);
same(plain.tag.deleteMany(), cached.tag.deleteMany());

// Raw
same(plain.$queryRaw`SELECT 1`, cached.$queryRaw`SELECT 1`);
same(plain.$queryRaw<{ a: number }[]>`SELECT 1`, cached.$queryRaw<{ a: number }[]>`SELECT 1`);
same(plain.$queryRawUnsafe<number>("SELECT 1", 1), cached.$queryRawUnsafe<number>("SELECT 1", 1));
same(plain.$executeRaw`SELECT ${1}`, cached.$executeRaw`SELECT ${1}`);
same(plain.$executeRawUnsafe("SELECT 1"), cached.$executeRawUnsafe("SELECT 1"));
same(plain.$connect(), cached.$connect());
same(plain.$disconnect(), cached.$disconnect());
