import { LRUCache, type Codec } from "@evercache/core";
import { isPlainName } from "./code-generation.js";
import { COLUMNS_FORMAT, compileCodec } from "./compiled-codec.js";
import { DECIMALS_ARE_KNOWN } from "./decimal.js";
import { resultShape, type ShapeContext, type ShapedQuery } from "./result-shape.js";
import { selectionText } from "./selection-text.js";
import type { Shape } from "./shape.js";

/** Selections whose codecs are kept; the least recently used go first. */
const MOST_SELECTIONS = 1000;

interface Known {
  readonly codec: Codec | null;
}

export interface CodecCacheOptions extends ShapeContext {
  /** For values that do not look as the schema says. */
  readonly other: Codec;
  readonly generatesCode?: boolean | undefined;
}

/** The codecs of a client's reads: each is compiled once for as long as reads with its selection keep coming. */
export class CodecCache {
  /** Tells the format: all its codecs have this name. */
  readonly name: string;
  readonly #known = new LRUCache<string, Known>({ max: MOST_SELECTIONS });
  /** Of reads without a selection, by model and operation. */
  readonly #plain = new Map<string, Map<string, Known>>();
  readonly #options: CodecCacheOptions;

  constructor(options: CodecCacheOptions) {
    this.#options = options;
    this.name = `${COLUMNS_FORMAT}+${options.other.name}`;
  }

  /** `null`: what the result looks like cannot be told from the query. */
  of(query: ShapedQuery): Codec | null {
    const { model, operation } = query;
    const text = selectionText(operation, query.args, query.dataPath);
    if (text === null) return null;
    if (text === "") {
      const known = this.#plain.get(model)?.get(operation);
      return known ? known.codec : this.#addPlain(query);
    }
    const key = `${model}.${operation}.${text}`;
    let known = this.#known.get(key);
    if (!known) this.#known.set(key, (known = { codec: this.#compile(query) }));
    return known.codec;
  }

  #addPlain(query: ShapedQuery): Codec | null {
    const { model, operation } = query;
    const codec = this.#compile(query);
    // Of unknown models there may be many.
    if (!codec) return null;
    let operations = this.#plain.get(model);
    if (!operations) this.#plain.set(model, (operations = new Map()));
    operations.set(operation, { codec });
    return codec;
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
