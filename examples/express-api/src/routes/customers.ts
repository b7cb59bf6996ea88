import { Router } from "express";
import { notFound } from "../http-error.js";
import { idOf } from "../input.js";
import type { ShopClient } from "../prisma.js";

const ORDERS_SHOWN = 20;

export function customerRoutes(prisma: ShopClient): Router {
  const router = Router();

  router.get("/:id/orders", async (request, response) => {
    const id = idOf(request.params);
    const [customer, orders] = await Promise.all([
      prisma.customer.findUnique({ where: { id }, select: { id: true, name: true } }),
      prisma.order.findMany({
        where: { customerId: id },
        orderBy: { id: "desc" },
        take: ORDERS_SHOWN,
        select: {
          id: true,
          status: true,
          total: true,
          createdAt: true,
          lines: { orderBy: { id: "asc" }, select: { productId: true, quantity: true, unitPrice: true } },
        },
      }),
    ]);
    if (!customer) throw notFound(`There is no customer ${id}.`);
    response.json({ customer, orders });
  });

  return router;
}
