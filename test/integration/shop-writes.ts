import type { PrismaClient } from "../setup/generated/postgresql/client.js";
import type { ShopClient } from "./shop-queries.js";

type Write = (prisma: ShopClient) => PromiseLike<unknown>;
type Random = (below: number) => number;

let fresh = 1000;
/** A value that no row has yet. */
const next = () => ++fresh;

/** Writes of every kind, with small random ids. Many fail on a constraint or a missing row: that is a case too. */
export const WRITES: readonly ((random: Random) => Write)[] = [
  // one row, by every kind of key
  (r) =>
    (
      (id, name) => (p) =>
        p.user.update({ where: { id }, data: { name: `n${name}` } })
    )(1 + r(5), r(100)),
  (r) =>
    (
      (id, name) => (p) =>
        p.user.update({ where: { email: `u${id}@shop.test` }, data: { name: `m${name}` }, select: { name: true } })
    )(1 + r(5), r(100)),
  (r) =>
    (
      (id, to) => (p) =>
        p.user.update({ where: { id }, data: { email: `u${to}@shop.test` } })
    )(1 + r(5), 1 + r(6)),
  (r) =>
    (
      (id, to) => (p) =>
        p.user.update({ where: { id }, data: { handle: to === 0 ? null : `h${to}` }, omit: { id: true, handle: true } })
    )(1 + r(5), r(6)),
  (r) =>
    (
      (from, to) => (p) =>
        p.user.update({ where: { handle: `h${from}` }, data: { handle: `h${to}` }, select: { email: true } })
    )(1 + r(5), 1 + r(5)),
  (r) =>
    (
      (id) => (p) =>
        p.user.update({ where: { id, active: true }, data: { active: false } })
    )(1 + r(5)),
  (r) =>
    (
      (from, to) => (p) =>
        p.user.update({ where: { id: from }, data: { id: to } })
    )(1 + r(5), 5 + r(2)),
  (r) =>
    (
      (id) => (p) =>
        p.user.create({ data: { id, email: `u${id}@shop.test`, name: `User ${id}`, handle: `h${id}` } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.upsert({
          where: { id },
          create: { id, email: `u${id}@shop.test`, name: "made" },
          update: { name: `up${next()}` },
        })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.upsert({
          where: { email: `u${id}@shop.test` },
          create: { id, email: `u${id}@shop.test`, name: "made" },
          update: { handle: `h${id + 1}` },
          select: { name: true },
        })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.delete({ where: { id } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.profile.delete({ where: { userId: id } })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.profile.upsert({
          where: { userId: id },
          create: { id: `profile-${id}`, userId: id, bio: "new" },
          update: { bio: `bio ${next()}`, settings: { a: [1] } },
        })
    )(1 + r(4)),
  (r) =>
    (
      (userId, label) => (p) =>
        p.address.update({ where: { userId_label: { userId, label: "home" } }, data: { city: `City ${label}` } })
    )(1 + r(4), r(50)),
  (r) =>
    (
      (userId, code) => (p) =>
        p.address.upsert({
          where: { userId_label: { userId, label: "home" } },
          create: { userId, label: "home", street: "s", city: "c", countryCode: code },
          update: { countryCode: code },
        })
    )(1 + r(4), ["DE", "FR", "IT"][r(3)]!),
  (r) =>
    (
      (orderId, position) => (p) =>
        p.orderLine.update({
          where: { line: { orderId: BigInt(orderId), position } },
          data: { quantity: { increment: 1 } },
        })
    )(1 + r(4), 1 + r(3)),
  (r) =>
    (
      (orderId, position) => (p) =>
        p.orderLine.update({
          where: { line: { orderId: BigInt(orderId), position } },
          data: { position: position + 1 },
        })
    )(1 + r(4), 1 + r(3)),
  (r) =>
    (
      (orderId, position) => (p) =>
        p.orderLine.delete({ where: { line: { orderId: BigInt(orderId), position } } })
    )(1 + r(4), 1 + r(3)),
  (r) =>
    (
      (w, productId) => (p) =>
        p.stock.upsert({
          where: { warehouseId_productId: { warehouseId: `w${w}`, productId } },
          create: { warehouseId: `w${w}`, productId, quantity: 1 },
          update: { quantity: { increment: 1 } },
        })
    )(1 + r(2), 1 + r(5)),
  (r) =>
    (
      (userId, productId, rating) => (p) =>
        p.review.upsert({
          where: { opinion: { userId, productId } },
          create: { userId, productId, rating },
          update: { rating },
        })
    )(1 + r(4), 1 + r(5), 1 + r(5)),
  (r) =>
    (
      (id) => (p) =>
        p.review.delete({ where: { id } })
    )(1 + r(6)),
  (r) =>
    (
      (id, price) => (p) =>
        p.product.update({ where: { id }, data: { price: `${price}.10` } })
    )(1 + r(6), r(100)),
  (r) =>
    (
      (id, to) => (p) =>
        p.product.update({ where: { sku: `sku${id}` }, data: { sku: `sku${to}` } })
    )(1 + r(6), 1 + r(7)),
  (r) =>
    (
      (id, categoryId) => (p) =>
        p.product.update({ where: { id }, data: { categoryId: categoryId === 0 ? null : categoryId } })
    )(1 + r(6), r(5)),
  (r) =>
    (
      (id) => (p) =>
        p.product.create({ data: { id, sku: `sku${id}`, name: `P${id}`, price: 1, supplierId: 1 } })
    )(1 + r(7)),
  (r) =>
    (
      (id) => (p) =>
        p.product.delete({ where: { id } })
    )(1 + r(7)),

  // natural keys, self relations, cascades
  (r) =>
    (
      (code, to) => (p) =>
        p.country.update({ where: { code }, data: { code: to } })
    )(["DE", "FR", "IT"][r(3)]!, ["DE", "FR", "IT", "ES"][r(4)]!),
  (r) =>
    (
      (code) => (p) =>
        p.country.update({ where: { code }, data: { name: `Country ${next()}` } })
    )(["DE", "FR", "IT"][r(3)]!),
  (r) =>
    (
      (code) => (p) =>
        p.country.upsert({
          where: { code },
          create: { code, name: `Country ${code}` },
          update: { name: `Country ${code}` },
        })
    )(["DE", "FR", "IT", "ES"][r(4)]!),
  (r) =>
    (
      (code) => (p) =>
        p.country.delete({ where: { code } })
    )(["DE", "FR", "IT", "ES"][r(4)]!),
  (r) =>
    (
      (id) => (p) =>
        p.category.delete({ where: { id } })
    )(1 + r(5)),
  (r) =>
    (
      (id) => (p) =>
        p.category.create({ data: { id, slug: `c${id}`, name: `C${id}`, parentId: id > 1 ? 1 : null } })
    )(1 + r(5)),
  (r) =>
    (
      (id, to) => (p) =>
        p.category.update({
          where: { id },
          data: { parent: to === 0 ? { disconnect: true } : { connect: { id: to } } },
        })
    )(1 + r(4), r(5)),
  (r) =>
    (
      (id, to) => (p) =>
        p.category.update({ where: { id }, data: { children: { connect: { slug: `c${to}` } } } })
    )(1 + r(4), 1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.category.update({ where: { id }, data: { children: { set: [{ id: 3 }] } } })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.supplier.delete({ where: { id } })
    )(2 + r(2)),
  (r) =>
    (
      (id) => (p) =>
        p.supplier.upsert({
          where: { id },
          create: { id, name: `Supplier ${id}`, countryCode: "DE" },
          update: { name: `Supplier x${next()}` },
        })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.order.delete({ where: { id: BigInt(id) } })
    )(1 + r(4)),

  // nested writes
  (r) =>
    (
      (id) => (p) =>
        p.user.update({
          where: { id },
          data: { profile: { upsert: { create: { bio: "nested" }, update: { bio: `b${next()}` } } } },
        })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.user.update({ where: { id }, data: { profile: { delete: true } } })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.user.update({ where: { id }, data: { profile: { update: { bio: `c${next()}` } } } })
    )(1 + r(4)),
  (r) =>
    (
      (id, profile) => (p) =>
        p.user.update({ where: { id }, data: { profile: { connect: { id: `profile-${profile}` } } } })
    )(1 + r(4), 1 + r(2)),
  (r) =>
    (
      (id) => (p) =>
        p.user.update({
          where: { id },
          data: { reviews: { updateMany: { where: { rating: { lt: 3 } }, data: { rating: { increment: 1 } } } } },
        })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.user.update({ where: { id }, data: { reviews: { deleteMany: {} } } })
    )(1 + r(4)),
  (r) =>
    (
      (id, review) => (p) =>
        p.user.update({
          where: { id },
          data: { reviews: { update: { where: { id: review }, data: { text: `t${next()}` } } } },
        })
    )(1 + r(4), 1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.product.update({ where: { id }, data: { category: { create: { slug: `c${next()}`, name: "made" } } } })
    )(1 + r(6)),
  (r) =>
    (
      (id, slug) => (p) =>
        p.product.update({
          where: { id },
          data: {
            category: { connectOrCreate: { where: { slug: `c${slug}` }, create: { slug: `c${slug}`, name: "made" } } },
          },
        })
    )(1 + r(6), 1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.product.update({ where: { id }, data: { category: { update: { name: `renamed ${next()}` } } } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.product.update({ where: { id }, data: { category: { delete: true } } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.product.update({ where: { id }, data: { category: { disconnect: true } } })
    )(1 + r(6)),
  (r) =>
    (
      (id, category) => (p) =>
        p.category.update({ where: { id: category }, data: { products: { connect: [{ sku: `sku${id}` }] } } })
    )(1 + r(6), 1 + r(4)),
  (r) =>
    (
      (id, category) => (p) =>
        p.category.update({ where: { id: category }, data: { products: { disconnect: { id } } } })
    )(1 + r(6), 1 + r(4)),
  (r) =>
    (
      (category) => (p) =>
        p.category.update({ where: { id: category }, data: { products: { set: [{ id: 1 }, { id: 2 }] } } })
    )(1 + r(4)),
  (r) =>
    (
      (category) => (p) =>
        p.category.create({
          data: {
            slug: `c${next()}`,
            name: "deep",
            parent: { connect: { id: category } },
            products: {
              create: {
                sku: `sku${next()}`,
                name: "deep",
                price: 2,
                supplier: { connect: { id: 1 } },
                tags: { connectOrCreate: { where: { name: "tag1" }, create: { name: "tag1" } } },
              },
            },
          },
        })
    )(1 + r(4)),
  (r) =>
    (
      (id, tag) => (p) =>
        p.product.update({ where: { id }, data: { tags: { connect: { id: tag } } } })
    )(1 + r(6), 1 + r(3)),
  (r) =>
    (
      (id, tag) => (p) =>
        p.product.update({ where: { id }, data: { tags: { disconnect: { name: `tag${tag}` } } } })
    )(1 + r(6), 1 + r(3)),
  (r) =>
    (
      (id) => (p) =>
        p.product.update({ where: { id }, data: { tags: { set: [{ id: 2 }] } } })
    )(1 + r(6)),
  (r) =>
    (
      (id, tag) => (p) =>
        p.tag.update({ where: { id: tag }, data: { products: { connect: { sku: `sku${id}` } } } })
    )(1 + r(6), 1 + r(3)),
  (r) =>
    (
      (tag) => (p) =>
        p.tag.update({
          where: { id: tag },
          data: { products: { updateMany: { where: {}, data: { stock: { increment: 1 } } } } },
        })
    )(1 + r(3)),
  (r) =>
    (
      (tag) => (p) =>
        p.tag.update({
          where: { id: tag },
          data: { products: { create: { sku: `sku${next()}`, name: "by tag", price: 3 } } },
        })
    )(1 + r(3)),
  (r) =>
    (
      (tag) => (p) =>
        p.tag.delete({ where: { id: tag } })
    )(1 + r(3)),
  (r) =>
    (
      (tag) => (p) =>
        p.tag.upsert({
          where: { id: tag },
          create: { id: tag, name: `tag${tag}`, products: { connect: [{ id: 1 }] } },
          update: { name: `tag${tag}` },
        })
    )(1 + r(3)),
  (r) =>
    (
      (userId) => (p) =>
        p.order.create({
          data: {
            number: `n${next()}`,
            user: { connect: { id: userId } },
            lines: { create: [{ position: 1, quantity: 1, price: "1", product: { connect: { id: 1 } } }] },
          },
        })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.order.update({
          where: { id: BigInt(id) },
          data: {
            status: "PAID",
            lines: {
              upsert: {
                where: { line: { orderId: BigInt(id), position: 1 } },
                create: { position: 1, quantity: 1, price: 1, productId: 1 },
                update: { quantity: next() },
              },
            },
          },
        })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.order.update({ where: { id: BigInt(id) }, data: { user: { update: { name: `via order ${next()}` } } } })
    )(1 + r(4)),
  (r) =>
    (
      (id) => (p) =>
        p.order.update({ where: { number: `n${id}` }, data: { lines: { deleteMany: { position: 2 } } } })
    )(1 + r(4)),
  (r) =>
    (
      (id, user) => (p) =>
        p.order.update({ where: { id: BigInt(id) }, data: { user: { connect: { email: `u${user}@shop.test` } } } })
    )(1 + r(4), 1 + r(4)),

  // many rows
  (r) =>
    (
      (by) => (p) =>
        p.product.updateMany({ where: { published: true }, data: { stock: { increment: by } } })
    )(1 + r(3)),
  (r) =>
    (
      (ids) => (p) =>
        p.product.updateMany({ where: { id: { in: ids } }, data: { views: { increment: 1 } } })
    )([1 + r(6), 1 + r(6)]),
  (r) =>
    (
      (id) => (p) =>
        p.product.updateMany({ where: { id }, data: { name: `many ${next()}` } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.product.updateMany({ where: { sku: `sku${id}` }, data: { name: `sku ${next()}` } })
    )(1 + r(6)),
  (r) =>
    (
      (rating) => (p) =>
        p.review.deleteMany({ where: { rating: { gt: rating } } })
    )(3 + r(2)),
  (r) =>
    (
      (id) => (p) =>
        p.review.deleteMany({ where: { AND: [{ id }, { rating: { gte: 1 } }] } })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.updateMany({ where: { id }, data: { email: `u${id + 1}@shop.test` } })
    )(1 + r(5)),
  (r) =>
    (
      (userId) => (p) =>
        p.review.createMany({ data: [1, 2].map((productId) => ({ userId, productId, rating: 3 })) })
    )(1 + r(4)),
  (r) =>
    (
      (orderId) => (p) =>
        p.refund.createMany({ data: [{ orderId: BigInt(orderId), position: 1, amount: 1 }] })
    )(1 + r(4)),
];

/** Writes that MySQL has no operation for. */
export const RETURNING_WRITES: readonly ((random: Random) => Write)[] = [
  (r) =>
    (
      (id) => (p) =>
        p.product.updateManyAndReturn({
          where: { id: { in: [id, id + 1] } },
          data: { name: `ret ${next()}` },
          select: { name: true },
        })
    )(1 + r(6)),
  (r) =>
    (
      (id) => (p) =>
        p.user.updateManyAndReturn({ where: { id }, data: { handle: `h${id + 1}` } })
    )(1 + r(5)),
  () => (p) =>
    p.product.updateManyAndReturn({
      where: { stock: { gt: 2 } },
      data: { stock: { decrement: 1 } },
      omit: { sku: true },
    }),
  (r) =>
    (
      (id) => (p) =>
        p.tag.createManyAndReturn({ data: [{ name: `tag${id}` }], select: { name: true } })
    )(1 + r(4)),
];

/** Writes past the models. `quote` is what the database puts around names. */
export const RAW_WRITES: readonly ((
  random: Random,
  quote: string,
) => (prisma: PrismaClient) => PromiseLike<unknown>)[] = [
  (r, q) =>
    (
      (id) => (p) =>
        p.$executeRawUnsafe(`UPDATE ${q}Product${q} SET name = 'raw ${next()}' WHERE id = ${id}`)
    )(1 + r(6)),
  (r, q) =>
    (
      (id) => (p) =>
        p.$executeRawUnsafe(`UPDATE ${q}users${q} SET name = 'raw ${next()}' WHERE id = ${id}`)
    )(1 + r(5)),
  (r, q) =>
    (
      (id) => (p) =>
        p.$executeRawUnsafe(
          `DELETE FROM ${q}users${q} WHERE id = ${id} AND NOT EXISTS (SELECT 1 FROM ${q}Order${q} o WHERE o.${q}userId${q} = ${id})`,
        )
    )(1 + r(6)),
  (r, q) =>
    (
      (id) => (p) =>
        p.$executeRawUnsafe(`DELETE FROM ${q}_ProductToTag${q} WHERE ${q}A${q} = ${id}`)
    )(1 + r(6)),
];
