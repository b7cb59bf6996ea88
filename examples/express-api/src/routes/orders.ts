import { Router } from "express";
import { Prisma } from "../generated/prisma/client.js";
import { badRequest, conflict, notFound } from "../http-error.js";
import { bodyOf, idOf, type Input, integer, onlyNames, required } from "../input.js";
import type { ShopClient } from "../prisma.js";

const MAX_LINES = 50;

const ORDER = {
  id: true,
  status: true,
  total: true,
  createdAt: true,
  customer: { select: { id: true, name: true } },
  lines: {
    orderBy: { id: "asc" },
    select: {
      quantity: true,
      unitPrice: true,
      product: { select: { id: true, sku: true, name: true, version: true } },
    },
  },
} satisfies Prisma.OrderSelect;

interface LineInput {
  productId: number;
  quantity: number;
}

export function orderRoutes(prisma: ShopClient): Router {
  const router = Router();

  router.get("/:id", async (request, response) => {
    const id = idOf(request.params);
    const order = await prisma.order.findUnique({ where: { id }, select: ORDER });
    if (!order) throw notFound(`There is no order ${id}.`);
    response.json(order);
  });

  router.post("/", async (request, response) => {
    const body = bodyOf(request.body);
    onlyNames(body, ["customerId", "lines"]);
    const customerId = required("customerId", integer(body, "customerId", 1, 2_147_483_647));
    const lines = linesOf(body);

    const order = await prisma.$transaction(async (tx) => {
      const customer = await tx.customer.findUnique({ where: { id: customerId }, select: { id: true } });
      if (!customer) throw badRequest(`There is no customer ${customerId}.`);

      let total = new Prisma.Decimal(0);
      const priced: Prisma.OrderLineCreateManyOrderInput[] = [];
      for (const { productId, quantity } of lines) {
        const { price } = await takeFromStock(tx, productId, quantity);
        total = total.plus(price.times(quantity));
        priced.push({ productId, quantity, unitPrice: price });
      }
      const placed = await tx.order.create({
        data: { customerId, total, lines: { createMany: { data: priced } } },
        select: { id: true, status: true, total: true, createdAt: true },
      });
      return { ...placed, customer: { id: customerId }, lines: priced };
    });
    response.status(201).location(`/orders/${order.id}`).json(order);
  });

  return router;
}

/** Takes only what is there, in one statement: of two orders for the last piece, one is refused. */
async function takeFromStock(tx: Prisma.TransactionClient, productId: number, quantity: number) {
  try {
    const { product } = await tx.stock.update({
      where: { productId, quantity: { gte: quantity } },
      data: { quantity: { decrement: quantity }, version: { increment: 1 } },
      select: { product: { select: { price: true } } },
    });
    return product;
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2025")) throw error;
    const product = await tx.product.findUnique({
      where: { id: productId },
      select: { name: true, stock: { select: { quantity: true } } },
    });
    if (!product) throw badRequest(`There is no product ${productId}.`);
    throw conflict(`Only ${product.stock?.quantity ?? 0} of "${product.name}" are left.`);
  }
}

/** In the order of the products' ids: two orders that lock the same rows then lock them in the same order. */
function linesOf(body: Input): LineInput[] {
  const { lines } = body;
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > MAX_LINES) {
    throw badRequest(`\`lines\` must be a list of 1 to ${MAX_LINES} lines.`);
  }
  const read = lines.map((line: unknown): LineInput => {
    const input = bodyOf(line);
    onlyNames(input, ["productId", "quantity"]);
    return {
      productId: required("lines.productId", integer(input, "productId", 1, 2_147_483_647)),
      quantity: required("lines.quantity", integer(input, "quantity", 1, 1_000)),
    };
  });
  if (new Set(read.map((line) => line.productId)).size < read.length) {
    throw badRequest("`lines` names a product twice: add up the quantities.");
  }
  return read.sort((a, b) => a.productId - b.productId);
}
