import { Router } from "express";
import type { Prisma } from "../generated/prisma/client.js";
import { badRequest, notFound } from "../http-error.js";
import { bodyOf, flag, idOf, type Input, integer, money, oneOf, onlyNames, required, text } from "../input.js";
import type { ShopClient } from "../prisma.js";

const SORTS = ["name", "price", "-price", "newest"] as const;
const MAX_STOCK = 1_000_000;
const REVIEWS_SHOWN = 10;

const LIST_ITEM = {
  id: true,
  sku: true,
  name: true,
  price: true,
  version: true,
  category: { select: { slug: true, name: true } },
} satisfies Prisma.ProductSelect;

const PRODUCT_WITH_STOCK = {
  category: true,
  stock: { select: { quantity: true, version: true } },
} satisfies Prisma.ProductInclude;

export function productRoutes(prisma: ShopClient): Router {
  const router = Router();

  router.get("/", async (request, response) => {
    const query = request.query;
    onlyNames(query, ["category", "minPrice", "maxPrice", "inStock", "q", "sort", "page", "pageSize"]);
    const page = integer(query, "page", 1, 10_000) ?? 1;
    const pageSize = integer(query, "pageSize", 1, 100) ?? 20;
    const orderBy = orderOf(oneOf(query, "sort", SORTS) ?? "name");
    const where = filterOf(query);

    const slug = text(query, "category", 80);
    if (slug !== undefined) {
      const category = await prisma.category.findUnique({ where: { slug }, select: { id: true } });
      if (!category) throw notFound(`There is no category "${slug}".`);
      where.categoryId = category.id;
    }

    const [items, total] = await Promise.all([
      prisma.product.findMany({ where, orderBy, skip: (page - 1) * pageSize, take: pageSize, select: LIST_ITEM }),
      prisma.product.count({ where }),
    ]);
    response.json({ items, page, pageSize, total, pages: Math.ceil(total / pageSize) });
  });

  router.get("/:id", async (request, response) => {
    const id = idOf(request.params);
    const [product, stock, reviews, rating] = await Promise.all([
      prisma.product.findUnique({ where: { id }, include: { category: true } }),
      prisma.stock.findUnique({ where: { productId: id }, select: { quantity: true, version: true } }),
      prisma.review.findMany({
        where: { productId: id },
        orderBy: { id: "desc" },
        take: REVIEWS_SHOWN,
        select: {
          id: true,
          rating: true,
          title: true,
          body: true,
          createdAt: true,
          customer: { select: { name: true } },
        },
      }),
      prisma.review.aggregate({ where: { productId: id }, _avg: { rating: true }, _count: true }),
    ]);
    if (!product) throw notFound(`There is no product ${id}.`);
    response.json({ ...product, stock, rating: { average: rating._avg.rating, count: rating._count }, reviews });
  });

  router.post("/", async (request, response) => {
    const body = bodyOf(request.body);
    onlyNames(body, ["sku", "name", "description", "price", "stock", "category"]);
    const data = {
      sku: required("sku", text(body, "sku", 40)),
      name: required("name", text(body, "name", 120)),
      description: required("description", text(body, "description", 4_000)),
      price: required("price", money(body, "price")),
      stock: { create: { quantity: integer(body, "stock", 0, MAX_STOCK) ?? 0 } },
      categoryId: await categoryIdOf(prisma, required("category", text(body, "category", 80))),
    };
    const product = await prisma.product.create({ data, include: PRODUCT_WITH_STOCK });
    response.status(201).location(`/products/${product.id}`).json(product);
  });

  router.patch("/:id", async (request, response) => {
    const id = idOf(request.params);
    const body = bodyOf(request.body);
    onlyNames(body, ["name", "description", "price", "stock", "category"]);
    const slug = text(body, "category", 80);
    const quantity = integer(body, "stock", 0, MAX_STOCK);
    const data = withoutUndefined({
      name: text(body, "name", 120),
      description: text(body, "description", 4_000),
      price: money(body, "price"),
      stock: quantity === undefined ? undefined : { update: { quantity, version: { increment: 1 } } },
      categoryId: slug === undefined ? undefined : await categoryIdOf(prisma, slug),
    });
    if (Object.keys(data).length === 0) throw badRequest("Name at least one field to change.");
    const product = await prisma.product.update({
      where: { id },
      data: { ...data, version: { increment: 1 } },
      include: PRODUCT_WITH_STOCK,
    });
    response.json(product);
  });

  router.delete("/:id", async (request, response) => {
    await prisma.product.delete({ where: { id: idOf(request.params) } });
    response.status(204).end();
  });

  return router;
}

function filterOf(query: Input): Prisma.ProductWhereInput {
  const where: Prisma.ProductWhereInput = {};
  const from = money(query, "minPrice");
  const to = money(query, "maxPrice");
  if (from && to && from.greaterThan(to)) throw badRequest("`minPrice` is above `maxPrice`.");
  if (from || to) where.price = withoutUndefined({ gte: from, lte: to });
  const inStock = flag(query, "inStock");
  if (inStock !== undefined) where.stock = { quantity: inStock ? { gt: 0 } : 0 };
  const words = text(query, "q", 80);
  if (words !== undefined) where.OR = [{ name: { contains: words } }, { description: { contains: words } }];
  return where;
}

/** Ends with the id: pages of rows that compare equal would otherwise overlap. */
function orderOf(sort: (typeof SORTS)[number]): Prisma.ProductOrderByWithRelationInput[] {
  switch (sort) {
    case "name":
      return [{ name: "asc" }, { id: "asc" }];
    case "price":
      return [{ price: "asc" }, { id: "asc" }];
    case "-price":
      return [{ price: "desc" }, { id: "asc" }];
    case "newest":
      return [{ id: "desc" }];
    default:
      return sort satisfies never;
  }
}

async function categoryIdOf(prisma: ShopClient, slug: string): Promise<number> {
  const category = await prisma.category.findUnique({ where: { slug }, select: { id: true } });
  if (!category) throw badRequest(`There is no category "${slug}".`);
  return category.id;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
