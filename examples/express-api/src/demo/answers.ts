import { GONE, type Ledger, type Moment } from "./ledger.js";

/** The parts of the API's answers that grow with every write. */
export interface VersionedProduct {
  id: number;
  version: number;
}
export interface ProductAnswer extends VersionedProduct {
  price: string;
  name: string;
  stock: { quantity: number; version: number } | null;
  rating: { average: number | null; count: number };
  reviews: { id: number }[];
}
export interface ListAnswer {
  items: (VersionedProduct & { name: string; price: string })[];
  total: number;
}
export interface OrderAnswer {
  id: number;
  lines: { product: VersionedProduct }[];
}
export interface PlacedOrder {
  id: number;
  lines: { productId: number }[];
}
export interface OrdersAnswer {
  orders: { id: number }[];
}

export const productThing = (id: number) => `product ${id}`;
/** How often somebody took from it. */
export const stockThing = (productId: number) => `sales of product ${productId}`;
export const reviewsThing = (productId: number) => `reviews of product ${productId}`;
export const ordersThing = (customerId: number) => `orders of customer ${customerId}`;

/** What `answer` shows although it had been replaced, by an acknowledged write, before the request was sent. */
export function staleProduct(ledger: Ledger, sentAt: Moment, answer: ProductAnswer): string[] {
  return [
    ...staleVersion(ledger, sentAt, answer),
    // The first version, 1, is the one before any sale.
    ...below(ledger, sentAt, stockThing(answer.id), (answer.stock?.version ?? 1) - 1),
    ...below(ledger, sentAt, reviewsThing(answer.id), answer.reviews[0]?.id ?? 0),
  ];
}

export function staleList(ledger: Ledger, sentAt: Moment, answer: ListAnswer): string[] {
  return answer.items.flatMap((item) => staleVersion(ledger, sentAt, item));
}

export function staleOrder(ledger: Ledger, sentAt: Moment, answer: OrderAnswer): string[] {
  return answer.lines.flatMap((line) => staleVersion(ledger, sentAt, line.product));
}

export function staleOrders(ledger: Ledger, sentAt: Moment, customerId: number, answer: OrdersAnswer): string[] {
  return below(ledger, sentAt, ordersThing(customerId), answer.orders[0]?.id ?? 0);
}

function staleVersion(ledger: Ledger, sentAt: Moment, product: VersionedProduct): string[] {
  return below(ledger, sentAt, productThing(product.id), product.version);
}

function below(ledger: Ledger, sentAt: Moment, thing: string, shown: number): string[] {
  const floor = ledger.floor(thing, sentAt);
  if (shown >= floor) return [];
  return [floor === GONE ? `${thing}: deleted, and still shown` : `${thing}: ${shown} shown after ${floor}`];
}
