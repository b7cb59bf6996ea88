import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startApi } from "./demo/api-process.js";
import { chooseStore } from "./demo/redis.js";
import { seedDatabase } from "./seed/seed.js";

/** Every endpoint once, with the cache: reads before and after each write. */
const folder = await mkdtemp(path.join(tmpdir(), "evercache-smoke-"));
const databaseUrl = `file:${path.join(folder, "shop.db")}`;
await seedDatabase(databaseUrl, { products: 200, customers: 20, orders: 30, reviews: 100 });
const store = await chooseStore();
const api = await startApi({
  DATABASE_URL: databaseUrl,
  CACHE: "on",
  CACHE_NAMESPACE: path.basename(folder),
  REDIS_URL: store.redisUrl ?? "",
}).catch(async (error: unknown) => {
  await store.stop();
  throw error;
});

type Json = Record<string, unknown> & { items: Json[]; reviews: Json[]; orders: Json[]; lines: Json[] };

async function call(method: string, route: string, expected: number, body?: object): Promise<Json> {
  const init = body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {};
  const response = await fetch(api.url + route, { method, ...init });
  const text = await response.text();
  assert.equal(response.status, expected, `${method} ${route} answered ${response.status}: ${text}`);
  console.log(`${method} ${route}: ${response.status}`);
  return (text === "" ? {} : JSON.parse(text)) as Json;
}

async function stockOf(id: unknown): Promise<number | undefined> {
  const { stock } = (await call("GET", `/products/${String(id)}`, 200)) as { stock?: { quantity: number } };
  return stock?.quantity;
}

/** What Prometheus is told: as many reads as the cache has counted, and that Redis is up where there is one. */
async function checkMetrics(reads: number): Promise<void> {
  const response = await fetch(`${api.url}/metrics`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n");
  const told = lines.filter((line) => line.startsWith("evercache_reads_total{"));
  assert.equal(
    told.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0),
    reads,
  );
  const up = lines.filter((line) => line.startsWith("evercache_redis_up{"));
  assert.deepEqual(
    up.map((line) => line.split(" ").at(-1)),
    store.redisUrl === null ? [] : ["1"],
  );
  console.log(`GET /metrics: ${told.length} series of reads`);
}

const PRODUCT = {
  sku: "SMOKE-1",
  name: "Smoke Detector",
  description: "Beeps.",
  price: "19.90",
  stock: 3,
  category: "lamps",
};

try {
  await call("GET", "/categories", 200);
  await call(
    "GET",
    "/products?category=lamps&inStock=true&minPrice=20&maxPrice=400&sort=-price&page=1&pageSize=5",
    200,
  );
  assert.equal((await call("GET", "/products?q=Smoke", 200)).items.length, 0);

  const { id } = await call("POST", "/products", 201, PRODUCT);
  assert.equal((await call("GET", "/products?q=Smoke", 200)).items.length, 1);
  assert.equal((await call("GET", `/products/${String(id)}`, 200))["price"], "19.9");
  await call("PATCH", `/products/${String(id)}`, 200, { price: "24.50" });
  assert.equal((await call("GET", `/products/${String(id)}`, 200))["price"], "24.5");

  const review = { customerId: 1, rating: 5, title: "Loud", body: "As it should be." };
  await call("POST", `/products/${String(id)}/reviews`, 201, review);
  assert.equal((await call("GET", `/products/${String(id)}`, 200)).reviews.length, 1);

  const before = await call("GET", "/customers/1/orders", 200);
  const order = await call("POST", "/orders", 201, { customerId: 1, lines: [{ productId: id, quantity: 2 }] });
  assert.equal(order["total"], "49");
  assert.equal((await call("GET", `/orders/${String(order["id"])}`, 200)).lines.length, 1);
  assert.equal((await call("GET", "/customers/1/orders", 200)).orders.length, before.orders.length + 1);
  assert.equal(await stockOf(id), 1);

  // Refusals leave everything as it was.
  await call("POST", "/orders", 409, { customerId: 1, lines: [{ productId: id, quantity: 2 }] });
  assert.equal(await stockOf(id), 1);
  await call("DELETE", `/products/${String(id)}`, 409);
  await call("POST", "/products", 409, PRODUCT);
  await call("POST", "/products", 400, { ...PRODUCT, price: "cheap" });
  await call("GET", "/products?sort=colour", 400);
  await call("GET", "/products?colour=red", 400);
  await call("GET", "/products?category=none", 404);
  await call("GET", "/orders/99999", 404);
  await call("GET", "/customers/99999/orders", 404);
  await call("GET", "/nothing", 404);

  const other = await call("POST", "/products", 201, { ...PRODUCT, sku: "SMOKE-2" });
  await call("GET", `/products/${String(other["id"])}`, 200);
  await call("DELETE", `/products/${String(other["id"])}`, 204);
  await call("GET", `/products/${String(other["id"])}`, 404);

  const { cache } = await api.report();
  assert.ok(cache !== null && cache.hit > 0, "no read came from the cache");
  await checkMetrics(cache.hit + cache.miss);
  console.log(`All as it should be; ${cache.hit} reads came from the cache. ${store.reason}.`);
} finally {
  await api.stop();
  await store.stop();
  await rm(folder, { recursive: true, force: true });
}
