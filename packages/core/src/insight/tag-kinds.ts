import { isModelTag, tagGroup, type Tag } from "../tag.js";

/** Beyond these the others are left out. */
const MOST_KINDS = 20;

/** What kinds of tags these are, each once: `Product:row:?`, `Product:field:categoryId=?`, `Product:any`, `#?`. */
export function tagKinds(tags: readonly Tag[]): readonly string[] {
  const kinds = [...new Set(tags.map(tagKind))];
  return kinds.length <= MOST_KINDS ? kinds : [...kinds.slice(0, MOST_KINDS), "…"];
}

/** A tag without its values. Whatever the application has named may be one: of its own tags nothing is left. */
function tagKind(tag: Tag): string {
  const group = tagGroup(tag);
  if (group === tag) return "#?";
  if (isModelTag(tag)) return tag;
  const [kind, ...rest] = tag.slice(group.length + 1).split(":");
  const named = kind === "row" ? null : fieldsOf(rest.join(":"));
  return `${group}:${kind}:${named === null ? "?" : named.map((name) => `${name}=?`).join()}`;
}

/** Null where only a hash is there, or no names are. In values, `=` and `,` are escaped. */
function fieldsOf(text: string): readonly string[] | null {
  if (text.startsWith("~")) return null;
  const parts = text.split(",").map((part) => part.split("="));
  return parts.every(({ length }) => length === 2) ? parts.map(([name]) => name!) : null;
}
