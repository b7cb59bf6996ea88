import type { Tag, Token, TokenState } from "@evercache/core";
import { readTagText } from "./tag-text.js";

/** What a tag's readers need not work out again and again. */
export interface KnownTag {
  readonly key: string;
  /** The token that was read last, if there was one, and the epoch that it is of. */
  token: Token | null;
  epoch: string;
  /** The latest list of keys that it was put on, and its place there. */
  list: readonly string[] | null;
  place: number;
}

/** The place of `known` on `list`, where it is put unless it is there. */
export function placeOf(known: KnownTag, list: string[]): number {
  if (known.list !== list) {
    known.list = list;
    known.place = list.push(known.key) - 1;
  }
  return known.place;
}

/** Tags that are remembered at least, and half of those that are at most. */
const REMEMBERED = 8_192;

/** The tags that were read lately. Forgets those that were not. */
export class KnownTags {
  #recent = new Map<Tag, KnownTag>();
  #older = new Map<Tag, KnownTag>();

  constructor(private readonly keyOf: (tag: Tag) => string) {}

  get(tag: Tag): KnownTag {
    const recent = this.#recent.get(tag);
    if (recent) return recent;
    const known = this.#older.get(tag) ?? { key: this.keyOf(tag), token: null, epoch: "", list: null, place: 0 };
    if (this.#recent.size === REMEMBERED) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(tag, known);
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
