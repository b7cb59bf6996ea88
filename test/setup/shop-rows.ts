import type { PrismaClient } from "./generated/postgresql/client.js";

/** Rows with small ids everywhere, so that random queries and writes meet. */
export async function seedShop(prisma: PrismaClient): Promise<void> {
  await prisma.country.createMany({ data: ["DE", "FR", "IT"].map((code) => ({ code, name: `Country ${code}` })) });
  await prisma.supplier.createMany({
    data: [1, 2, 3].map((id) => ({ id, name: `Supplier ${id}`, countryCode: ["DE", "FR", null][id - 1] ?? null })),
  });
  await prisma.category.createMany({
    data: [1, 2, 3, 4].map((id) => ({
      id,
      slug: `c${id}`,
      name: `Category ${id}`,
      parentId: id > 2 ? 1 : null,
      successorId: id === 4 ? 2 : null,
    })),
  });
  await prisma.user.createMany({
    data: [1, 2, 3, 4].map((id) => ({
      id,
      email: `u${id}@shop.test`,
      handle: id % 2 ? `h${id}` : null,
      name: `User ${id}`,
      balance: `${id}.50`,
    })),
  });
  await prisma.profile.createMany({
    data: [1, 2].map((id) => ({ id: `profile-${id}`, userId: id, bio: `bio ${id}` })),
  });
  await prisma.address.createMany({
    data: [1, 2, 3].map((id) => ({
      id: `address-${id}`,
      userId: id,
      label: "home",
      street: `Street ${id}`,
      city: "X",
      countryCode: id === 3 ? "FR" : "DE",
    })),
  });
  await prisma.session.createMany({
    data: [1, 2, 3].map((id) => ({
      token: `t${id}`,
      userEmail: `u${id}@shop.test`,
      expiresAt: new Date(2_000_000_000_000 + id),
    })),
  });
  await prisma.tag.createMany({ data: [1, 2, 3].map((id) => ({ id, name: `tag${id}` })) });
  for (const id of [1, 2, 3, 4, 5]) {
    await prisma.product.create({
      data: {
        id,
        sku: `sku${id}`,
        name: `Product ${id}`,
        price: `${id * 10}.99`,
        weight: id / 4,
        stock: id,
        published: id !== 3,
        attributes: { color: ["red", "blue"][id % 2]!, nested: [{ id }] },
        categoryId: (id % 4) + 1,
        supplierId: (id % 3) + 1,
        tags: { connect: id % 2 ? [{ id: 1 }, { id: 2 }] : [{ id: 3 }] },
      },
    });
  }
  for (const id of [1, 2]) await prisma.warehouse.create({ data: { id: `w${id}`, code: `W${id}`, city: "X" } });
  await prisma.stock.createMany({
    data: [1, 2, 3].map((id) => ({ warehouseId: `w${(id % 2) + 1}`, productId: id, quantity: id })),
  });
  for (const id of [1, 2, 3]) {
    await prisma.order.create({
      data: {
        id: BigInt(id),
        number: `n${id}`,
        userId: id,
        addressId: `address-${id}`,
        total: "12.30",
        lines: {
          create: [1, 2].map((position) => ({ position, productId: position + 1, quantity: position, price: "6.15" })),
        },
      },
    });
  }
  await prisma.refund.createMany({ data: [{ id: 1, orderId: 1n, position: 1, amount: "1.00" }] });
  await prisma.review.createMany({
    data: [1, 2, 3, 4].map((id) => ({ id, userId: id, productId: ((id + 1) % 4) + 1, rating: id })),
  });
}
