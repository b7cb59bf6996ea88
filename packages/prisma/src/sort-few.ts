/** Above this many, `sort()` is faster. */
const FEW = 16;

/** Sorts texts in place as `sort()` does, which takes longer for few of them. */
export function sortFew<T extends string>(texts: T[]): T[] {
  if (texts.length > FEW) return texts.sort();
  for (let i = 1; i < texts.length; i++) {
    const text = texts[i]!;
    let at = i;
    for (; at > 0 && texts[at - 1]! > text; at--) texts[at] = texts[at - 1]!;
    texts[at] = text;
  }
  return texts;
}
