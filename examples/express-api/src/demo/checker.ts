import {
  type ListAnswer,
  type OrderAnswer,
  type OrdersAnswer,
  ordersThing,
  type PlacedOrder,
  type ProductAnswer,
  productThing,
  stockThing,
  type VersionedProduct,
} from "./answers.js";
import type { Ledger } from "./ledger.js";
import type { Verdicts } from "./verdicts.js";

export interface CheckerOptions {
  url: string;
  /** Tells this checker's things from another's: no two may have the same. */
  name: string;
  /** Whose orders and reviews the checks make; the product of the same number is the one that is ordered. */
  customerId: number;
  ledger: Ledger;
  verdicts: Verdicts;
  signal: AbortSignal;
}

/**
 * Somebody who knows exactly what has to be seen, since she made it so: reads, so that the answer
 * may be cached, writes, waits for the acknowledgement, and reads again. Ends when `signal` is aborted.
 */
export async function runChecker(options: CheckerOptions): Promise<void> {
  const { verdicts, signal } = options;
  for (let round = 1; !signal.aborted; round += 1) {
    try {
      await checkRound(options, round);
    } catch (error) {
      if (!signal.aborted) verdicts.fail(`checker ${options.name}: ${String(error)}`);
    }
  }
}

async function checkRound(options: CheckerOptions, round: number): Promise<void> {
  await Promise.all([checkProduct(options, round), checkOrder(options, round)]);
}

function asker({ url, signal }: CheckerOptions) {
  const send = async (method: string, path: string, body?: object) => {
    // In between only: a write that was sent is waited for.
    signal.throwIfAborted();
    const init = body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {};
    const response = await fetch(url + path, { method, ...init });
    return { status: response.status, json: response.status === 204 ? null : await response.json() };
  };
  const get = async <T>(path: string) => {
    const { status, json } = await send("GET", path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
    return json as T;
  };
  const write = async <T>(method: string, path: string, body?: object) => {
    const { status, json } = await send(method, path, body);
    if (status < 200 || status > 204) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`);
    return json as T;
  };
  return { send, get, write };
}

/** A product of the checker's own, from its creation to its deletion. */
async function checkProduct(options: CheckerOptions, round: number): Promise<void> {
  const { name, customerId, verdicts } = options;
  const { send, get, write } = asker(options);
  const mark = `check-${name}-${round}-`;
  const expect = (what: string, holds: boolean) => verdicts.judge(holds ? [] : [`${name}, round ${round}: ${what}`]);
  const list = (query: string) => get<ListAnswer>(`/products?${query}`);

  // A row enters a list that was known to be empty.
  expect("a list shows what was never there", (await list(`q=${mark}`)).total === 0);
  const created = await write<ProductAnswer>("POST", "/products", {
    sku: mark,
    name: `${mark}a`,
    description: "Here to be checked.",
    price: "1.50",
    stock: 10,
    category: "tea",
  });
  const path = `/products/${created.id}`;
  const listed = await list(`q=${mark}`);
  expect("a new product is missing in its list", listed.total === 1 && listed.items[0]?.id === created.id);
  expect("a new product cannot be read", (await send("GET", path)).status === 200);

  // It enters a range of prices that it was not in, and leaves the one it was in.
  const price = `${90_000 + (round % 9_000)}.${String(customerId % 100).padStart(2, "0")}`;
  const range = `minPrice=${price}&maxPrice=${price}`;
  const contains = (answer: ListAnswer) => answer.items.some((item) => item.id === created.id);
  expect("a list shows a price that was never set", !contains(await list(range)));
  const dearer = await write<ProductAnswer>("PATCH", path, { price });
  expect("a price list lacks the new price", contains(await list(range)));
  const dear = await get<ProductAnswer>(path);
  expect("the old price is shown", Number(dear.price) === Number(price) && dear.version >= dearer.version);
  await write("PATCH", path, { price: "2.50" });
  expect("a price list still has the old price", !contains(await list(range)));

  await write("PATCH", path, { name: `${mark}b` });
  expect("a list shows the old name", (await list(`q=${mark}`)).items[0]?.name === `${mark}b`);

  const review = await write<{ id: number }>("POST", `${path}/reviews`, {
    customerId,
    rating: 4,
    title: "Checked",
    body: "It is what it says.",
  });
  const reviewed = await get<ProductAnswer>(path);
  expect("a review is missing", reviewed.reviews[0]?.id === review.id && reviewed.rating.count === 1);

  // Deleting takes the review along: a cascade that only the database sees.
  await write("DELETE", path);
  expect("a deleted product can be read", (await send("GET", path)).status === 404);
  expect("a deleted product is in its list", (await list(`q=${mark}`)).total === 0);
}

/** An order of a product that others order too: the order, the customer's list, the stock, and back. */
async function checkOrder(options: CheckerOptions, round: number): Promise<void> {
  const { name, customerId, ledger, verdicts } = options;
  const { get, write } = asker(options);
  const expect = (what: string, holds: boolean) => verdicts.judge(holds ? [] : [`${name}, round ${round}: ${what}`]);
  const ordersPath = `/customers/${customerId}/orders`;
  const productPath = `/products/${customerId}`;
  const { id, stock } = await get<ProductAnswer>(productPath);
  if (!stock || stock.quantity < 100) return;
  await get(ordersPath);
  const order = await write<PlacedOrder>("POST", "/orders", { customerId, lines: [{ productId: id, quantity: 1 }] });
  ledger.acknowledge(ordersThing(customerId), order.id);
  ledger.acknowledgeOneMore(stockThing(id));
  expect("an order is missing", ((await get<OrdersAnswer>(ordersPath)).orders[0]?.id ?? 0) >= order.id);
  expect(
    "the stock is that of before the order",
    ((await get<ProductAnswer>(productPath)).stock?.version ?? 0) > stock.version,
  );

  // The order shows the product: a change of the one changes the answer about the other.
  const orderPath = `/orders/${order.id}`;
  await get<OrderAnswer>(orderPath);
  const changed = await write<VersionedProduct>("PATCH", productPath, { description: `Seen in round ${round}.` });
  ledger.acknowledge(productThing(id), changed.version);
  const shown = (await get<OrderAnswer>(orderPath)).lines[0]?.product.version ?? 0;
  expect("an order shows a product as it was", shown >= changed.version);
}
