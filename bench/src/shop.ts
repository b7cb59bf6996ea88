import { readFileSync } from "node:fs";
import { postgresScript } from "../../test/setup/postgres-script.js";

/** How many rows a database begins with. The products are dealt out to the categories in turn. */
export interface ShopSize {
  readonly products: number;
  readonly categories: number;
  /** The first so many products have reviews. */
  readonly reviewed?: number;
  readonly reviewsEach?: number;
}

/** Creates a database of that name, with the tables and rows of a shop. */
export async function createShop(urlOf: (name: string) => string, name: string, size: ShopSize): Promise<string> {
  await postgresScript(urlOf("postgres"), `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  await postgresScript(urlOf("postgres"), `CREATE DATABASE "${name}"`);
  const url = urlOf(name);
  await postgresScript(url, readFileSync(new URL("../schema.sql", import.meta.url), "utf8"));
  await fillShop(url, size);
  return url;
}

/** Every row anew, as at the start. */
export async function fillShop(url: string, size: ShopSize): Promise<void> {
  await postgresScript(url, `TRUNCATE "Category", "Product", "Review" RESTART IDENTITY CASCADE; ${rowsOf(size)}`);
  // Not within the same message, which is a transaction.
  await postgresScript(url, 'VACUUM ANALYZE "Category"');
  await postgresScript(url, 'VACUUM ANALYZE "Product"');
  await postgresScript(url, 'VACUUM ANALYZE "Review"');
}

/** The same rows for the same size. */
function rowsOf({ products, categories, reviewed = 0, reviewsEach = 0 }: ShopSize): string {
  return `
    INSERT INTO "Category" ("slug", "name")
    SELECT 'category-' || n, 'Category number ' || n FROM generate_series(1, ${categories}) n;
    INSERT INTO "Product" ("sku", "name", "description", "condition", "published", "weight", "price", "checksum",
      "attributes", "labels", "createdAt", "updatedAt", "releasedAt", "categoryId")
    SELECT 'sku-' || lpad(n::text, 16, '0'), 'Product number ' || n || ' of the house of lamps', repeat('It shines. ', 9),
      (ARRAY['NEW', 'USED', 'REFURBISHED']::"Condition"[])[n % 3 + 1], n % 5 <> 0, n * 1.25, n / 100.0 + 9.99,
      decode(md5(n::text), 'hex'), jsonb_build_object('colour', 'red', 'watts', n % 60, 'sizes', jsonb_build_array(1, 2, 3)),
      ARRAY['lamp', 'sale', 'label ' || n % 100], TIMESTAMP '2026-01-01' + n * INTERVAL '1 minute',
      TIMESTAMP '2026-02-01' + n * INTERVAL '1 minute', TIMESTAMP '2026-03-01', (n - 1) % ${categories} + 1
    FROM generate_series(1, ${products}) n;
    INSERT INTO "Review" ("productId", "rating", "text")
    SELECT product, n % 5 + 1, 'A review of some length, number ' || n
    FROM generate_series(1, ${reviewed}) product, generate_series(1, ${reviewsEach}) n;`;
}
