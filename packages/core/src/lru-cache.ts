import { EvercacheError } from "./errors.js";

export interface LruOptions<V> {
  /** Values kept; the least recently used go first. */
  readonly max: number;
  /** What the sizes of all values may come to together. Default: any amount. */
  readonly maxSize?: number;
  /** Called with each value that is held no more, whatever the reason. */
  readonly dispose?: (value: V) => void;
}

/** A place in the order of use. */
interface Node<K, V> {
  key: K;
  value: V;
  size: number;
  /** How many places were taken before it took its own. */
  since: number;
  newer: Node<K, V> | null;
  older: Node<K, V> | null;
}

/** What is among the newest by this share of all is left where it is when it is used: its use costs no more than a look. */
const NEWEST = 1 / 16;

/**
 * Values by key, bounded by their number and by their size together. All but `keys` and `clear` take constant time: a
 * Map alone, in whose order a key is moved by deleting and adding it, takes microseconds for that when it is full.
 *
 * The order of use is exact for up to 15 values; of more, those that were used lately may have changed places.
 */
export class LRUCache<K, V> {
  readonly #nodes = new Map<K, Node<K, V>>();
  readonly #max: number;
  readonly #maxSize: number;
  readonly #dispose: ((value: V) => void) | undefined;
  #newest: Node<K, V> | null = null;
  #oldest: Node<K, V> | null = null;
  #totalSize = 0;
  #places = 0;
  readonly #newestPlaces: number;

  /** @throws EvercacheError `INVALID_OPTION` where a bound is not a number from 0 on */
  constructor({ max, maxSize = Number.POSITIVE_INFINITY, dispose }: LruOptions<V>) {
    this.#max = bound(max, "max");
    this.#maxSize = bound(maxSize, "maxSize");
    this.#dispose = dispose;
    this.#newestPlaces = Math.floor(Math.min(max, Number.MAX_SAFE_INTEGER) * NEWEST);
  }

  /** How many values are held. */
  get size(): number {
    return this.#nodes.size;
  }

  /** What the values that are held were said to take together. */
  get totalSize(): number {
    return this.#totalSize;
  }

  get(key: K): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    this.#touch(node);
    return node.value;
  }

  /** As `get`, and does not count as a use. */
  peek(key: K): V | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** A value that is larger than all may be together is not kept, and neither is the one that it was to replace. */
  set(key: K, value: V, { size = 0 }: { readonly size?: number } = {}): void {
    const known = this.#nodes.get(key);
    if (!(size <= this.#maxSize)) {
      if (known) this.#drop(known);
      return;
    }
    if (known) this.#replace(known, value, size);
    else this.#add(key, value, size);
    while (this.#oldest && (this.#nodes.size > this.#max || this.#totalSize > this.#maxSize)) this.#drop(this.#oldest);
  }

  /** Whether it was held. */
  delete(key: K): boolean {
    const node = this.#nodes.get(key);
    if (!node) return false;
    this.#drop(node);
    return true;
  }

  /** In no order that says anything. Keys may be deleted meanwhile. */
  keys(): IterableIterator<K> {
    return this.#nodes.keys();
  }

  clear(): void {
    for (const node of this.#nodes.values()) this.#drop(node);
  }

  #add(key: K, value: V, size: number): void {
    let node = this.#nodes.size < this.#max ? null : this.#oldest;
    if (node) {
      // Its place is taken over: what is old stays where it is, and nothing new has to be moved there.
      this.#drop(node);
      node.key = key;
      node.value = value;
      node.size = size;
    } else {
      node = { key, value, size, since: 0, newer: null, older: null };
    }
    this.#nodes.set(key, node);
    this.#totalSize += size;
    this.#link(node);
  }

  #replace(node: Node<K, V>, value: V, size: number): void {
    const { value: before } = node;
    this.#totalSize += size - node.size;
    node.value = value;
    node.size = size;
    this.#touch(node);
    if (before !== value) this.#dispose?.(before);
  }

  #drop(node: Node<K, V>): void {
    this.#nodes.delete(node.key);
    this.#totalSize -= node.size;
    this.#unlink(node);
    // Or it would keep what is newer alive for as long as it waits for the garbage collector itself.
    node.newer = null;
    node.older = null;
    this.#dispose?.(node.value);
  }

  #touch(node: Node<K, V>): void {
    // Each place that was taken since has one value at most.
    if (this.#places - node.since <= this.#newestPlaces) return;
    this.#unlink(node);
    this.#link(node);
  }

  #link(node: Node<K, V>): void {
    node.since = ++this.#places;
    node.older = this.#newest;
    node.newer = null;
    if (this.#newest) this.#newest.newer = node;
    else this.#oldest = node;
    this.#newest = node;
  }

  #unlink({ newer, older }: Node<K, V>): void {
    if (newer) newer.older = older;
    else this.#newest = older;
    if (older) older.newer = newer;
    else this.#oldest = newer;
  }
}

function bound(value: number, name: string): number {
  // NaN too: nothing is more than it, so that nothing would ever be dropped.
  if (value >= 0) return value;
  throw new EvercacheError("INVALID_OPTION", `${name}: ${value} is no bound. Write a number from 0 on.`, { value });
}
