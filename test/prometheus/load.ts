import { Ledger } from "../../examples/express-api/src/demo/ledger.js";
import { createTraffic, type Call } from "../../examples/express-api/src/demo/traffic.js";
import { Verdicts } from "../../examples/express-api/src/demo/verdicts.js";
import { seededRandom } from "../../examples/express-api/src/random.js";
import { SIZE } from "./shop.js";

export interface LoadResult {
  readonly requests: number;
  /** How many reads of Prisma the routes make for these requests. */
  readonly reads: number;
  /** Transactions that committed. */
  readonly orders: number;
  /** Requests that changed a product: made, priced anew, deleted. */
  readonly products: { readonly created: number; readonly updated: number; readonly deleted: number };
  readonly verdicts: Verdicts;
}

/** Visitors of the shop, `connections` at a time, each of whom waits for every answer. All requests are answered when it ends. */
export async function runLoad(url: string, connections: number, milliseconds: number): Promise<LoadResult> {
  const verdicts = new Verdicts();
  const traffic = createTraffic(seededRandom(11), SIZE, new Ledger(), verdicts);
  const products = { created: 0, updated: 0, deleted: 0 };
  const counted = { requests: 0, reads: 0, orders: 0 };
  const end = performance.now() + milliseconds;

  const visitor = async (): Promise<void> => {
    while (performance.now() < end) {
      const call = traffic.next();
      const status = await answered(url, call);
      counted.requests++;
      counted.reads += readsOf(call, status);
      if (status === 201 && call.path === "/orders") counted.orders++;
      if (status === 201 && call.path === "/products") products.created++;
      if (status === 200 && call.method === "PATCH") products.updated++;
      if (status === 204) products.deleted++;
    }
  };
  await Promise.all(Array.from({ length: connections }, visitor));
  return { ...counted, products, verdicts };
}

async function answered(url: string, call: Call): Promise<number> {
  const { method, path, body } = call;
  const headers = { "content-type": "application/json" };
  const response = await fetch(url + path, { method, ...(body && { headers, body: JSON.stringify(body) }) });
  call.settle(response.status, await response.text());
  return response.status;
}

/** As the routes of the example are written. */
function readsOf({ method, path }: Call, status: number): number {
  switch (method) {
    case "GET":
      if (path === "/categories") return 1;
      if (path.startsWith("/products?")) return path.includes("category=") ? 3 : 2;
      if (path.startsWith("/products/")) return 4;
      return path.startsWith("/customers/") ? 2 : 1;
    case "POST":
      if (path === "/products") return 1;
      // In its transaction: the customer; and the product, where its stock is too small.
      if (path === "/orders") return status === 409 ? 2 : 1;
      return 2;
    case "PATCH":
    case "DELETE":
      return 0;
    default:
      return method satisfies never;
  }
}
