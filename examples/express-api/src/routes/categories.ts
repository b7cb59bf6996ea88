import { Router } from "express";
import type { ShopClient } from "../prisma.js";

export function categoryRoutes(prisma: ShopClient): Router {
  const router = Router();

  router.get("/", async (_request, response) => {
    const categories = await prisma.category.findMany({
      orderBy: { name: "asc" },
      select: { id: true, slug: true, name: true, _count: { select: { products: true } } },
    });
    response.json(categories.map(({ _count, ...category }) => ({ ...category, products: _count.products })));
  });

  return router;
}
