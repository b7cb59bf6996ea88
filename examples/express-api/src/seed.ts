import { existsSync } from "node:fs";
import { seedDatabase } from "./seed/seed.js";
import { SHOP_SIZE } from "./seed/shop.js";

const databaseUrl = process.env["DATABASE_URL"] ?? "file:shop.db";
const file = databaseUrl.replace(/^file:/, "");
if (existsSync(file)) {
  console.error(`${file} exists already: remove it first, or name another file in DATABASE_URL.`);
  process.exit(1);
}
await seedDatabase(databaseUrl);
console.log(`${file}: ${SHOP_SIZE.products} products, ${SHOP_SIZE.customers} customers, ${SHOP_SIZE.orders} orders.`);
