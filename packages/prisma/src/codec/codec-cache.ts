import type { Codec } from "@evercache/core";
import { isPlainName } from "./code-generation.js";
import { COLUMNS_FORMAT, compileCodec } from "./compiled-codec.js";
import { DECIMALS_ARE_KNOWN } from "./decimal.js";
import { resultShape, type ShapeContext, type ShapedQuery } from "./result-shape.js";
import { SelectionTree } from "./selection-tree.js";
import type { Shape } from "./shape.js";

/** Selections whose codecs are kept; the least recently used go first. */
const MOST_SELECTIONS = 1000;

export interface CodecCacheOptions extends ShapeContext {
  /** For values that do not look as the schema says. */
  readonly other: Codec;
  readonly generatesCode?: boolean | undefined;
}

/** The codecs of a client's reads: each is compiled once for as long as reads with its selection keep coming. */
export class CodecCache {
  /** Tells the format: all its codecs have this name. */
  readonly name: string;
  readonly #known = new SelectionTree<{ readonly codec: Codec | null }>(MOST_SELECTIONS);
  readonly #options: CodecCacheOptions;

  constructor(options: CodecCacheOptions) {
    this.#options = options;
    this.name = `${COLUMNS_FORMAT}+${options.other.name}`;
  }

  /** `null`: what the result looks like cannot be told from the query. */
  of(query: ShapedQuery): Codec | null {
    const leaf = this.#known.find(query);
    if (leaf.known === undefined) {
      leaf.known = { codec: this.#compile(query) };
      this.#known.keep(leaf);
    }
    return leaf.known.codec;
  }

  #compile(query: ShapedQuery): Codec | null {
    const slot = resultShape(this.#options, query);
    if (!slot || !isCompilable(slot.shape)) return null;
    const { other, generatesCode } = this.#options;
    return compileCodec(slot, { other, generatesCode });
  }
}

function isCompilable(shape: Shape): boolean {
  switch (shape.kind) {
    case "list":
      return isCompilable(shape.of);
    case "row":
      return shape.columns.every((column) => isPlainName(column.name) && isCompilable(column.shape));
    case "decimal":
      return DECIMALS_ARE_KNOWN;
    default:
      return true;
  }
}
