import type { PrismaClient } from "../setup/generated/postgresql/client.js";

/** What the queries below need of a client: the plain one, the cached one, a transaction's. */
export type ShopClient = Pick<
  PrismaClient,
  | "user"
  | "profile"
  | "address"
  | "country"
  | "session"
  | "category"
  | "supplier"
  | "product"
  | "tag"
  | "warehouse"
  | "stock"
  | "order"
  | "orderLine"
  | "refund"
  | "review"
>;

/** Numbers in [0, below), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Read = (prisma: ShopClient) => PromiseLike<unknown>;
type Random = (below: number) => number;

/** Every read operation, over every kind of relation, with small random ids. */
export const READS: readonly ((random: Random) => Read)[] = [
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { id } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { email: `u${id}@shop.test` } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { handle: `h${id}` }, select: { name: true } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { id, active: true }, omit: { password: true } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { id }, include: { profile: true, orders: { include: { lines: true } } } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { id } }).profile()
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { email: `u${id}@shop.test` } }).sessions()
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.findUnique({ where: { id } }).reviews({ where: { rating: { gte: 2 } } })
    )(1 + r(6)),
  () => (p) =>
    p.user.findMany({
      where: { orders: { some: { lines: { some: { product: { published: true } } } } } },
      orderBy: { id: "asc" },
    }),
  () => (p) => p.user.findMany({ where: { reviews: { none: {} } }, orderBy: { id: "asc" } }),
  () => (p) =>
    p.user.findMany({
      include: { _count: { select: { orders: true, reviews: true } } },
      orderBy: [{ orders: { _count: "desc" } }, { id: "asc" }],
    }),
  () => (p) => p.user.count({ where: { profile: { isNot: null } } }),
  () => (p) => p.user.aggregate({ _sum: { balance: true }, _max: { id: true }, _count: true }),
  (r) =>
    (
      (userId) => (p) =>
        p.profile.findUnique({ where: { userId }, include: { user: true } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.profile.findUnique({ where: { id: `profile-${id}` } })
    )(1 + r(4)),
  (r) =>
    (
      (userId) => (p) =>
        p.address.findUnique({ where: { userId_label: { userId, label: "home" } }, include: { country: true } })
    )(1 + r(6)),
  () => (p) =>
    p.address.findMany({
      where: { country: { code: "DE" } },
      include: { country: { select: { name: true } } },
      orderBy: { id: "asc" },
    }),
  (r) =>
    (
      (code) => (p) =>
        p.country.findUnique({
          where: { code },
          include: { addresses: { orderBy: { id: "asc" } }, suppliers: { orderBy: { id: "asc" } } },
        })
    )(["DE", "FR", "IT", "ES"][r(4)]!),
  (r) =>
    (
      (code) => (p) =>
        p.country.findUnique({ where: { name: `Country ${code}` } })
    )(["DE", "FR", "IT", "ES"][r(4)]!),
  (r) =>
    (
      (id) => (p) =>
        p.session.findUnique({ where: { token: `t${id}` }, include: { user: { select: { id: true, email: true } } } })
    )(1 + r(5)),
  () => (p) => p.session.findMany({ orderBy: { token: "asc" } }),
  (r) =>
    (
      (id) => (p) =>
        p.category.findUnique({
          where: { id },
          include: { parent: true, children: { orderBy: { id: "asc" } }, successor: true, predecessors: true },
        })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.category.findUnique({ where: { slug: `c${id}` } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.category.findUnique({
          where: { id },
          select: { _count: { select: { products: { where: { published: true } } } } },
        })
    )(1 + r(6)),
  () => (p) => p.category.findMany({ where: { parent: { is: null } }, orderBy: { id: "asc" } }),
  () => (p) => p.category.findMany({ orderBy: [{ parent: { name: "asc" } }, { id: "asc" }] }),
  (r) =>
    (
      (id) => (p) =>
        p.supplier.findUnique({
          where: { id },
          include: { country: true, products: { orderBy: { id: "asc" }, select: { id: true, sku: true } } },
        })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.product.findUnique({ where: { id } })
    )(1 + r(7)),
  (r) =>
    (
      (id) => (p) =>
        p.product.findUnique({
          where: { sku: `sku${id}` },
          include: { tags: { orderBy: { id: "asc" } }, category: true },
        })
    )(1 + r(7)),
  (r) =>
    (
      (id) => (p) =>
        p.product.findUnique({ where: { id } }).tags({ orderBy: { id: "asc" } })
    )(1 + r(7)),
  (r) =>
    (
      (id) => (p) =>
        p.product.findUnique({ where: { id } }).category()
    )(1 + r(7)),
  (r) =>
    (
      (categoryId) => (p) =>
        p.product.findMany({ where: { categoryId }, orderBy: { id: "asc" } })
    )(1 + r(4)),
  (r) =>
    (
      (skip) => (p) =>
        p.product.findMany({ orderBy: { price: "desc" }, skip, take: 2 })
    )(r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.product.findMany({ cursor: { id }, take: 2, orderBy: { id: "asc" } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.product.findFirst({ where: { id, NOT: { published: false } }, include: { supplier: true } })
    )(1 + r(7)),
  () => (p) =>
    p.product.findMany({
      where: { tags: { some: { name: { startsWith: "tag" } } } },
      orderBy: { id: "asc" },
      select: { id: true, tags: { select: { name: true }, orderBy: { id: "asc" } } },
    }),
  () => (p) => p.product.findMany({ where: { tags: { every: { id: { lt: 3 } } } }, orderBy: { id: "asc" } }),
  () => (p) =>
    p.product.findMany({ where: { supplier: { country: { name: { contains: "DE" } } } }, orderBy: { id: "asc" } }),
  () => (p) =>
    p.product.findMany({
      where: { OR: [{ stock: { gt: 3 } }, { reviews: { some: { rating: { gt: 2 } } } }] },
      orderBy: { id: "asc" },
    }),
  () => (p) =>
    p.product.groupBy({ by: ["categoryId"], _count: true, _avg: { price: true }, orderBy: { categoryId: "asc" } }),
  () => (p) =>
    p.product.groupBy({
      by: ["supplierId"],
      _sum: { stock: true },
      having: { stock: { _sum: { gt: 2 } } },
      orderBy: { supplierId: "asc" },
    }),
  () => (p) => p.product.count({ where: { published: true }, select: { _all: true, categoryId: true } }),
  () => (p) => p.product.findMany({ distinct: ["categoryId"], orderBy: [{ categoryId: "asc" }, { id: "asc" }] }),
  (r) =>
    (
      (id) => (p) =>
        p.tag.findUnique({
          where: { id },
          include: { products: { orderBy: { id: "asc" }, select: { id: true, name: true } } },
        })
    )(1 + r(4)),
  () => (p) => p.tag.findMany({ include: { _count: true }, orderBy: { id: "asc" } }),
  (r) =>
    (
      (code) => (p) =>
        p.warehouse.findUnique({
          where: { code: `W${code}` },
          include: { stocks: { orderBy: { productId: "asc" }, include: { product: true } } },
        })
    )(1 + r(3)),
  (r) =>
    (
      (warehouse, productId) => (p) =>
        p.stock.findUnique({ where: { warehouseId_productId: { warehouseId: `w${warehouse}`, productId } } })
    )(1 + r(2), 1 + r(5)),
  (r) =>
    (
      (id) => (p) =>
        p.order.findUnique({
          where: { id: BigInt(id) },
          include: {
            lines: { include: { product: true, refunds: true }, orderBy: { position: "asc" } },
            user: true,
            address: true,
          },
        })
    )(1 + r(5)),
  (r) =>
    (
      (id) => (p) =>
        p.order.findUnique({ where: { number: `n${id}` } })
    )(1 + r(5)),
  (r) =>
    (
      (userId) => (p) =>
        p.order.findMany({ where: { userId, status: "OPEN" }, orderBy: { id: "asc" } })
    )(1 + r(4)),
  (r) =>
    (
      (orderId, position) => (p) =>
        p.orderLine.findUnique({
          where: { line: { orderId: BigInt(orderId), position } },
          include: { order: { include: { user: { include: { profile: true } } } } },
        })
    )(1 + r(4), 1 + r(3)),
  () => (p) => p.refund.findMany({ include: { line: { include: { product: true } } }, orderBy: { id: "asc" } }),
  (r) =>
    (
      (userId, productId) => (p) =>
        p.review.findUnique({ where: { opinion: { userId, productId } } })
    )(1 + r(4), 1 + r(5)),
  () => (p) => p.review.aggregate({ _avg: { rating: true }, _count: { _all: true } }),
  (r) =>
    (
      (id) => (p) =>
        p.user.findFirst({
          where: { email: `u${id}@shop.test` },
          include: { addresses: { include: { country: true } } },
        })
    )(1 + r(6)),
];
