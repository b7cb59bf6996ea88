import { Prisma } from "../generated/prisma/client.js";
import { type Random, seededRandom, zipf } from "../random.js";
import {
  ASSORTMENTS,
  type Assortment,
  CITIES,
  FINISHES,
  FIRST_NAMES,
  LAST_NAMES,
  LINES,
  PRAISE,
  VERDICTS,
} from "./catalogue.js";

export interface ShopSize {
  products: number;
  customers: number;
  orders: number;
  reviews: number;
}

export const SHOP_SIZE: ShopSize = { products: 12_000, customers: 2_000, orders: 4_000, reviews: 10_000 };

/** All rows of a shop, with their ids. The same size and seed give the same rows. */
export interface ShopRows {
  categories: Prisma.CategoryCreateManyInput[];
  products: Prisma.ProductCreateManyInput[];
  stocks: Prisma.StockCreateManyInput[];
  customers: Prisma.CustomerCreateManyInput[];
  orders: Prisma.OrderCreateManyInput[];
  lines: Prisma.OrderLineCreateManyInput[];
  reviews: Prisma.ReviewCreateManyInput[];
}

const OPENING_DAY = Date.UTC(2025, 0, 1);
const DAY_MS = 86_400_000;
const DAYS_OPEN = 500;

export function shopRows(size: ShopSize, seed: number): ShopRows {
  const random = seededRandom(seed);
  const day = () => new Date(OPENING_DAY + Math.floor(random.next() * DAYS_OPEN * DAY_MS));

  const categories = ASSORTMENTS.map(({ name }, index) => ({ id: index + 1, name, slug: slugOf(name) }));
  const products = upTo(size.products, (id) => productRow(id, random, day()));
  // One in twelve is sold out.
  const stocks = products.map(({ id: productId }) => ({
    productId,
    quantity: random.between(1, 12) === 1 ? 0 : random.between(20, 900),
    version: 1,
  }));
  const customers = upTo(size.customers, (id) => {
    const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
    const email = `${first}.${last}.${id}@example.com`.toLowerCase();
    return { id, name: `${first} ${last}`, email, city: random.pick(CITIES), createdAt: day() };
  });

  const popular = zipf(random, size.products, 1);
  const lines: ShopRows["lines"] = [];
  const orders = upTo(size.orders, (id) => {
    let total = new Prisma.Decimal(0);
    const chosen = new Set(upTo(random.between(1, 5), popular));
    for (const rank of chosen) {
      const product = products[rank] as (typeof products)[number];
      const quantity = random.between(1, 3);
      lines.push({ id: lines.length + 1, orderId: id, productId: product.id, quantity, unitPrice: product.price });
      total = total.plus(product.price.times(quantity));
    }
    const status = random.pick(["placed", "paid", "shipped", "delivered"]);
    return { id, status, total, customerId: random.between(1, size.customers), createdAt: day() };
  });
  const reviews = upTo(size.reviews, (id) => ({
    id,
    ...random.pick(VERDICTS),
    productId: popular() + 1,
    customerId: random.between(1, size.customers),
    createdAt: day(),
  }));
  return { categories, products, stocks, customers, orders, lines, reviews };
}

export function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

function productRow(id: number, random: Random, createdAt: Date) {
  const category = random.between(0, ASSORTMENTS.length - 1);
  const assortment = ASSORTMENTS[category] as Assortment;
  const [line, finish, thing] = [random.pick(LINES), random.pick(FINISHES), random.pick(assortment.things)];
  return {
    id,
    sku: `${line.slice(0, 3).toUpperCase()}-${String(id).padStart(6, "0")}`,
    name: `${line} ${thing}, ${finish}`,
    description: `${thing} of our ${line} line, in ${finish.toLowerCase()}. ${someOf(PRAISE, random).join(" ")}`,
    price: priceOf(random, assortment),
    categoryId: category + 1,
    createdAt,
    updatedAt: createdAt,
  };
}

/** Half of them or more. */
function someOf<T>(all: readonly T[], random: Random): T[] {
  const share = 0.5 + random.next() / 2;
  return all.filter(() => random.next() < share);
}

/** Cheap things are more common than dear ones; prices end in .90 or .00. */
function priceOf(random: Random, { price: [from, to] }: Assortment): Prisma.Decimal {
  const euros = Math.round(from + (to - from) * random.next() ** 2);
  return new Prisma.Decimal(euros).minus(random.next() < 0.7 ? "0.10" : 0);
}

function upTo<T>(count: number, make: (id: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}
