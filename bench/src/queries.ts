import type { PrismaClient } from "../generated/client.js";
import type { ShopSize } from "./shop.js";

/** What of a client the benchmarks use. Prisma's types of the extended ones are others; here all are looked at alike. */
export type BenchClient = Pick<PrismaClient, "product">;

/** How the hit benchmarks read. */
export const SCENARIOS = ["one row", "50 rows", "row with 20 children", "count"] as const;

export type Scenario = (typeof SCENARIOS)[number];

/** A read: how Prisma is asked, and the key under which a cache written by hand would keep it. */
export interface Query {
  readonly key: string;
  /** Makes its arguments anew, as an application does. */
  readonly run: (client: BenchClient) => PromiseLike<unknown>;
}

export function rowById(id: number): Query {
  return { key: `row:${id}`, run: (client) => client.product.findUnique({ where: { id } }) };
}

export function listOfCategory(categoryId: number): Query {
  return {
    key: `list:${categoryId}`,
    run: (client) => client.product.findMany({ where: { categoryId }, orderBy: { id: "asc" } }),
  };
}

function rowWithChildren(id: number): Query {
  return {
    key: `children:${id}`,
    run: (client) => client.product.findUnique({ where: { id }, include: { reviews: true } }),
  };
}

function countOfCategory(categoryId: number): Query {
  return { key: `count:${categoryId}`, run: (client) => client.product.count({ where: { categoryId } }) };
}

/** The shop that so many reads of each form need: categories of 50 products each, and as many products with reviews. */
export function shopOf(reads: number): Required<ShopSize> {
  return { products: 50 * reads, categories: reads, reviewed: reads, reviewsEach: 20 };
}

/**
 * Different reads of one form. There should be more than are in flight: one read alone would be in every cache
 * of every processor, and a subject that lets equal reads join each other would hardly be asked.
 */
export function queriesOf(scenario: Scenario, count: number): readonly Query[] {
  return Array.from({ length: count }, (_, index) => queryOf(scenario, index + 1));
}

function queryOf(scenario: Scenario, n: number): Query {
  switch (scenario) {
    case "one row":
      return rowById(n);
    case "50 rows":
      return listOfCategory(n);
    case "row with 20 children":
      return rowWithChildren(n);
    case "count":
      return countOfCategory(n);
    default:
      return scenario satisfies never;
  }
}
