import { LRUCache } from "@evercache/core";
import { isRead, returnsRows } from "../client/operation.js";
import { isRecord } from "../query/canonical.js";
import type { ShapedQuery } from "./result-shape.js";
import { DEEPEST, isSelected } from "./selected.js";

/** What is kept for the selection that leads here. */
export interface Leaf<T> {
  known: T | undefined;
}

interface Node<T> extends Leaf<T> {
  readonly parent: Node<T> | null;
  readonly word: string;
  readonly next: Map<string, Node<T>>;
}

type Args = Readonly<Record<string, unknown>>;

/** Words that no schema has for names. */
const OPEN = "{";
const CLOSE = "}";
const ODD = "?";
const SELECT = "select:";
const INCLUDE = "include:";
const LEFT_OUT = "omit:";
const KEPT = "keep:";

/** Arguments of reads without rows that say what they answer. */
const COMPUTED = ["by", "select", "_count", "_avg", "_sum", "_min", "_max"] as const;

/**
 * Something for each selection of a model and operation, whatever the filters are: the words of a selection are the way to
 * it, which costs less than to write them down. The least recently used go first.
 */
export class SelectionTree<T> {
  readonly #root: Node<T> = { parent: null, word: "", next: new Map(), known: undefined };
  readonly #recent: LRUCache<Node<T>, Node<T>>;

  constructor(max: number) {
    this.#recent = new LRUCache({ max, dispose: forget });
  }

  /** Equal selections have one leaf. Whoever sets what is known there calls `keep`. */
  find({ model, operation, args, dataPath }: ShapedQuery): Leaf<T> {
    let node = step(step(this.#root, model), operation);
    if (isRecord(args)) {
      if (dataPath) for (const name of dataPath) node = step(node, name);
      node = isRead(operation) && !returnsRows(operation) ? computed(node, args) : rows(node, args, 0);
    } else if (args !== undefined && args !== null) node = step(node, ODD);
    this.#recent.get(node);
    return node;
  }

  keep(leaf: Leaf<T>): void {
    this.#recent.set(leaf as Node<T>, leaf as Node<T>);
  }

  get size(): number {
    return this.#recent.size;
  }

  /** How many words are remembered. */
  get words(): number {
    const count = (node: Node<T>): number => [...node.next.values()].reduce((sum, below) => sum + count(below), 1);
    return count(this.#root);
  }
}

function step<T>(node: Node<T>, word: string): Node<T> {
  const known = node.next.get(word);
  if (known) return known;
  const made: Node<T> = { parent: node, word, next: new Map(), known: undefined };
  node.next.set(word, made);
  return made;
}

function forget<T>(leaf: Node<T>): void {
  leaf.known = undefined;
  for (let node = leaf; node.parent && node.known === undefined && node.next.size === 0; node = node.parent) {
    node.parent.next.delete(node.word);
  }
}

function rows<T>(from: Node<T>, { select, include, omit }: Args, depth: number): Node<T> {
  let node = from;
  if (select !== undefined) node = shown(step(node, SELECT), select, depth);
  if (include !== undefined) node = shown(step(node, INCLUDE), include, depth);
  if (omit === undefined) return node;
  if (!isRecord(omit)) return step(node, ODD);
  for (const name in omit) node = step(step(node, isSelected(omit[name]) ? LEFT_OUT : KEPT), name);
  return node;
}

function shown<T>(from: Node<T>, selection: unknown, depth: number): Node<T> {
  if (!isRecord(selection)) return selection ? step(from, ODD) : from;
  let node = from;
  for (const name in selection) {
    const value = selection[name];
    if (!isSelected(value)) continue;
    node = step(node, name);
    if (value === true) continue;
    if (!isRecord(value)) node = step(node, ODD);
    else if (value["select"] !== undefined || value["include"] !== undefined || value["omit"] !== undefined) {
      // Whatever is deeper has no shape, as this has none.
      if (depth < DEEPEST) node = step(rows(step(node, OPEN), value, depth + 1), CLOSE);
      else node = step(node, ODD);
    }
  }
  return node;
}

function computed<T>(from: Node<T>, args: Args): Node<T> {
  let node = from;
  for (const name of COMPUTED) {
    const value = args[name];
    if (value === undefined) continue;
    node = step(node, name);
    if (value === true) continue;
    node = step(node, OPEN);
    if (typeof value === "string") node = step(node, value);
    else if (Array.isArray(value)) for (const item of value) node = step(node, typeof item === "string" ? item : ODD);
    else if (!isRecord(value)) node = step(node, ODD);
    else for (const field in value) if (value[field] === true) node = step(node, field);
    node = step(node, CLOSE);
  }
  return node;
}
