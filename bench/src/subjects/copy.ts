import type { Product, Review } from "../../generated/client.js";
import { inParallel } from "../in-parallel.js";
import type { OpenSubject } from "./subject.js";

type Result = number | ProductWithReviews | readonly ProductWithReviews[] | null;
type ProductWithReviews = Product & { reviews?: readonly Review[] };

/**
 * A cache in process memory as one writes it for one schema: a Map, and copies that are written out, so that each caller has
 * an answer of his own. Nothing says whether what is there is still true, and nothing is ever dropped.
 */
export const copy: OpenSubject = (plain) => {
  const results = new Map<string, Result>();
  return {
    client: plain,
    prepare: (queries) =>
      inParallel(queries, 16, async (query) => {
        results.set(query.key, (await query.run(plain)) as Result);
      }),
    read: async ({ key }) => copyOf(results.get(key)!),
    close: async () => {},
  };
};

function copyOf(result: Result): Result {
  if (typeof result === "number" || result === null) return result;
  if (!isList(result)) return copyProduct(result);
  const rows: ProductWithReviews[] = [];
  for (const row of result) rows.push(copyProduct(row));
  return rows;
}

function isList(result: object): result is readonly ProductWithReviews[] {
  return Array.isArray(result);
}

function copyProduct(row: ProductWithReviews): ProductWithReviews {
  const { colour, watts, sizes } = row.attributes as { colour: string; watts: number; sizes: number[] };
  const product: ProductWithReviews = {
    id: row.id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    condition: row.condition,
    published: row.published,
    weight: row.weight,
    revision: row.revision,
    // Its own methods never change it.
    price: row.price,
    checksum: new Uint8Array(row.checksum),
    attributes: { colour, watts, sizes: sizes.slice() },
    labels: row.labels.slice(),
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    releasedAt: new Date(row.releasedAt),
    categoryId: row.categoryId,
  };
  if (row.reviews) product.reviews = row.reviews.map(copyReview);
  return product;
}

function copyReview({ id, productId, rating, text, createdAt }: Review): Review {
  return { id, productId, rating, text, createdAt: new Date(createdAt) };
}
