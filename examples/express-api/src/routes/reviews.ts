import { Router } from "express";
import { badRequest, notFound } from "../http-error.js";
import { bodyOf, idOf, integer, onlyNames, required, text } from "../input.js";
import type { ShopClient } from "../prisma.js";

export function reviewRoutes(prisma: ShopClient): Router {
  const router = Router();

  router.post("/:id/reviews", async (request, response) => {
    const productId = idOf(request.params);
    const body = bodyOf(request.body);
    onlyNames(body, ["customerId", "rating", "title", "body"]);
    const review = {
      productId,
      customerId: required("customerId", integer(body, "customerId", 1, 2_147_483_647)),
      rating: required("rating", integer(body, "rating", 1, 5)),
      title: required("title", text(body, "title", 120)),
      body: required("body", text(body, "body", 4_000)),
    };

    const [product, customer] = await Promise.all([
      prisma.product.findUnique({ where: { id: productId }, select: { id: true } }),
      prisma.customer.findUnique({ where: { id: review.customerId }, select: { id: true } }),
    ]);
    if (!product) throw notFound(`There is no product ${productId}.`);
    if (!customer) throw badRequest(`There is no customer ${review.customerId}.`);
    response.status(201).json(await prisma.review.create({ data: review }));
  });

  return router;
}
