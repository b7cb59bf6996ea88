import { Generations, type Tag, type Token, type TokenState } from "@evercache/core";
import { readTagText } from "./tag-text.js";

/** What a tag's readers need not work out again and again. */
export interface KnownTag {
  readonly key: string;
  /** The token that was read last, if there was one, and the epoch that it is of. */
  token: Token | null;
  epoch: string;
  /** The number of the latest list of keys that it was put on, and its place there. */
  list: number;
  place: number;
}

/** A list of keys, each of them once, that knows what is on it. */
export class KeyList {
  static #lists = 0;
  readonly keys: string[] = [];
  readonly #number = ++KeyList.#lists;

  /** The place of `known`, which is put on the list unless it is there. */
  placeOf(known: KnownTag): number {
    if (known.list !== this.#number) {
      known.list = this.#number;
      known.place = this.keys.push(known.key) - 1;
    }
    return known.place;
  }
}

/** Tags that are remembered, and half of them at least. */
const MOST_REMEMBERED = 16_384;

/** The tags that were read lately. */
export class KnownTags {
  readonly #known = new Generations<Tag, KnownTag>(MOST_REMEMBERED);

  constructor(private readonly keyOf: (tag: Tag) => string) {}

  get(tag: Tag): KnownTag {
    let known = this.#known.get(tag);
    if (!known) {
      known = { key: this.keyOf(tag), token: null, epoch: "", list: 0, place: 0 };
      this.#known.set(tag, known);
    }
    return known;
  }
}

/** As `readTagText`; the same token is told as the same string. */
export function readKnownTag(known: KnownTag, text: Buffer | null, epoch: string): TokenState {
  const { token } = known;
  if (token !== null && text !== null && known.epoch === epoch && isText(text, token)) return token;
  const state = readTagText(text, epoch);
  if (typeof state === "string") {
    known.token = state;
    known.epoch = epoch;
  }
  return state;
}

/** `text` is compared, and not kept: it is a view of everything that came with it. */
function isText(text: Buffer, token: string): boolean {
  if (text.length !== token.length) return false;
  // Tokens differ at the end.
  for (let i = text.length - 1; i >= 0; i--) if (text[i] !== token.charCodeAt(i)) return false;
  return true;
}
