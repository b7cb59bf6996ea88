import { type Random, zipf } from "../random.js";
import { ASSORTMENTS, LINES } from "../seed/catalogue.js";
import { slugOf, type ShopSize } from "../seed/shop.js";
import {
  type ListAnswer,
  type OrderAnswer,
  type OrdersAnswer,
  ordersThing,
  type PlacedOrder,
  type ProductAnswer,
  productThing,
  reviewsThing,
  staleList,
  staleOrder,
  staleOrders,
  staleProduct,
  stockThing,
  type VersionedProduct,
} from "./answers.js";
import { GONE, type Ledger, type Moment } from "./ledger.js";
import type { Verdicts } from "./verdicts.js";

/** One request of one visitor, and what to make of its answer. */
export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** To be called with the answer: compares it with what was acknowledged before this call was made up. */
  settle(status: number, body: string): void;
}

export interface Traffic {
  readonly next: () => Call;
  /** First each popular page once, as if the shop had been open for a while; then as `next`. */
  readonly nextOfWarmUp: () => Call;
  /** Paths that were read, each once, the latest last. */
  pathsRead(): readonly string[];
}

/**
 * Out of ten thousand requests. Three in a hundred write: orders for the most part, as in a shop; the catalogue itself
 * changes with six requests in ten thousand, which at a thousand requests a second is one change in two seconds.
 */
const MIX = [
  ["list", 4_100],
  ["product", 4_800],
  ["categories", 500],
  ["customer's orders", 150],
  ["order", 150],
  ["place order", 289],
  ["review", 5],
  ["reprice", 4],
  ["create product", 1],
  ["delete product", 1],
] as const satisfies readonly (readonly [kind: string, share: number])[];

type Kind = (typeof MIX)[number][0];

const KINDS: readonly Kind[] = MIX.flatMap(([kind, share]) => Array.from({ length: share }, () => kind));
const PATHS_KEPT = 20_000;
const POPULAR_PRODUCTS = 1_000;
const LISTS_DRAWN = 1_000;
/** The exponent of Zipf's law. */
const POPULARITY = 1.2;

/** Visitors of the shop: mostly readers, of popular things mostly. The same `random` gives the same visitors. */
export function createTraffic(random: Random, size: ShopSize, ledger: Ledger, verdicts: Verdicts): Traffic {
  const popularProduct = zipf(random, size.products, POPULARITY);
  const popularCategory = zipf(random, ASSORTMENTS.length, POPULARITY);
  const popularWord = zipf(random, LINES.length, POPULARITY);
  const popularPage = zipf(random, 4, 2);
  const loyalCustomer = zipf(random, size.customers, POPULARITY);
  const deletable: number[] = [];
  const read = new Set<string>();
  let created = 0;

  const somebodysProduct = () => popularProduct() + 1;
  const somebody = () => loyalCustomer() + 1;

  const next = () => callOf(random.pick(KINDS));
  const opening = popularPages();
  return {
    next,
    nextOfWarmUp: () => opening.next().value ?? next(),
    pathsRead: () => [...read],
  };

  function callOf(kind: Kind): Call {
    switch (kind) {
      case "list":
        return list(listPath());
      case "product":
        return product(somebodysProduct());
      case "categories":
        return get("/categories", null);
      case "customer's orders":
        return ordersOf(somebody());
      case "order": {
        const path = `/orders/${random.between(1, size.orders)}`;
        return get(path, (body, sentAt) => staleOrder(ledger, sentAt, JSON.parse(body) as OrderAnswer));
      }
      case "reprice": {
        const price = `${random.between(5, 900)}.90`;
        return write("PATCH", `/products/${somebodysProduct()}`, { price }, (answer) =>
          acknowledgeProduct(JSON.parse(answer) as VersionedProduct),
        );
      }
      case "review":
        return review(somebodysProduct());
      case "place order":
        return placeOrder(somebody());
      case "create product":
        return createProduct();
      case "delete product":
        return deleteProduct();
      default:
        return kind satisfies never;
    }
  }

  function get(path: string, stale: ((body: string, sentAt: Moment) => string[]) | null): Call {
    read.delete(path);
    if (read.size < PATHS_KEPT) read.add(path);
    const sentAt = ledger.moment();
    return {
      method: "GET",
      path,
      settle(status, body) {
        // Nothing that is asked for here is ever deleted.
        if (status !== 200) verdicts.fail(`GET ${path} answered ${status}`);
        else if (stale) verdicts.judge(stale(body, sentAt));
      },
    };
  }

  function write(method: "POST" | "PATCH", path: string, body: object, acknowledge: (answer: string) => void): Call {
    return {
      method,
      path,
      body,
      settle(status, answer) {
        if (status === 200 || status === 201) acknowledge(answer);
        // 409: sold out, as it happens in a shop.
        else if (status !== 409) verdicts.fail(`${method} ${path} answered ${status}: ${answer}`);
      },
    };
  }

  function acknowledgeProduct({ id, version }: VersionedProduct): void {
    ledger.acknowledge(productThing(id), version);
  }

  function* popularPages(): Generator<Call, undefined> {
    const paths = new Set<string>();
    for (let drawn = 0; drawn < LISTS_DRAWN; drawn += 1) paths.add(listPath());
    for (const path of paths) yield list(path);
    for (let id = 1; id <= Math.min(POPULAR_PRODUCTS, size.products); id += 1) yield product(id);
    return undefined;
  }

  function list(path: string): Call {
    return get(path, (body, sentAt) => staleList(ledger, sentAt, JSON.parse(body) as ListAnswer));
  }

  function product(id: number): Call {
    return get(`/products/${id}`, (body, sentAt) => staleProduct(ledger, sentAt, JSON.parse(body) as ProductAnswer));
  }

  /** Most visitors look at the first pages of a few categories; some search; few filter or sort. */
  function listPath(): string {
    const query = new URLSearchParams();
    const way = random.next();
    if (way < 0.22) {
      query.set("q", LINES[popularWord()] ?? "");
    } else if (way < 0.9) {
      query.set("category", slugOf(ASSORTMENTS[popularCategory()]?.name ?? ""));
      if (random.next() < 0.05) query.set("inStock", "true");
      if (random.next() < 0.05) query.set("maxPrice", random.pick(["50", "100", "250"]));
      if (random.next() < 0.1) query.set("sort", random.pick(["price", "-price", "newest"]));
    } else {
      query.set("sort", "newest");
    }
    const page = popularPage();
    if (page > 0) query.set("page", String(page + 1));
    return `/products?${query.toString()}`;
  }

  function ordersOf(customer: number): Call {
    const path = `/customers/${customer}/orders`;
    return get(path, (body, sentAt) => staleOrders(ledger, sentAt, customer, JSON.parse(body) as OrdersAnswer));
  }

  function review(id: number): Call {
    const body = { customerId: somebody(), rating: random.between(1, 5), title: "Seen it", body: "And liked it." };
    return write("POST", `/products/${id}/reviews`, body, (answer) =>
      ledger.acknowledge(reviewsThing(id), (JSON.parse(answer) as { id: number }).id),
    );
  }

  function placeOrder(customer: number): Call {
    const products = new Set(Array.from({ length: random.between(1, 3) }, somebodysProduct));
    const lines = [...products].map((id) => ({ productId: id, quantity: random.between(1, 2) }));
    return write("POST", "/orders", { customerId: customer, lines }, (answer) => {
      const order = JSON.parse(answer) as PlacedOrder;
      ledger.acknowledge(ordersThing(customer), order.id);
      for (const { productId } of order.lines) ledger.acknowledgeOneMore(stockThing(productId));
    });
  }

  function createProduct(): Call {
    created += 1;
    const body = {
      sku: `NEW-${created}`,
      name: `${random.pick(LINES)} Novelty ${created}`,
      description: "Just arrived.",
      price: `${random.between(5, 90)}.00`,
      stock: random.between(1, 40),
      category: slugOf(random.pick(ASSORTMENTS).name),
    };
    return write("POST", "/products", body, (answer) => {
      const made = JSON.parse(answer) as VersionedProduct;
      acknowledgeProduct(made);
      deletable.push(made.id);
    });
  }

  /** Of the products made by this traffic only: the others may be in somebody's order. */
  function deleteProduct(): Call {
    const id = deletable.shift();
    if (id === undefined) return createProduct();
    return {
      method: "DELETE",
      path: `/products/${id}`,
      settle(status) {
        if (status === 204) ledger.acknowledge(productThing(id), GONE);
        else verdicts.fail(`DELETE /products/${id} answered ${status}`);
      },
    };
  }
}
