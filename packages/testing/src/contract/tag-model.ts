/** A tag as the promises describe it: what a store must be indistinguishable from. */
export type TagModel =
  | { readonly kind: "absent" }
  | { readonly kind: "token"; readonly token: string }
  | {
      readonly kind: "lock";
      readonly holders: ReadonlySet<string>;
      /** What comes back if all holders leave the tag unchanged; null once one did not, or if there was nothing. */
      readonly former: string | null;
      /** Whether nobody but its first holder was ever in it, and nobody said that the tag changed. */
      readonly isUntouched: boolean;
    };

export const ABSENT: TagModel = { kind: "absent" };

export function quarantine(tag: TagModel, holder: string): TagModel {
  switch (tag.kind) {
    case "absent":
      return { kind: "lock", holders: new Set([holder]), former: null, isUntouched: true };
    case "token":
      return { kind: "lock", holders: new Set([holder]), former: tag.token, isUntouched: true };
    case "lock":
      return {
        ...tag,
        holders: new Set([...tag.holders, holder]),
        isUntouched: tag.isUntouched && tag.holders.has(holder),
      };
    default:
      return tag satisfies never;
  }
}

/** Someone says that the tag changed: the holder of a lock, a stranger, or nobody. */
export function change(tag: TagModel, holder: string | null): TagModel {
  if (tag.kind !== "lock") return ABSENT;
  return withoutHolder({ ...tag, former: null, isUntouched: false }, holder);
}

/** A holder says that the tag changed, and would have this token in the place of its lock. */
export function replace(tag: TagModel, holder: string, token: string): TagModel {
  const isGranted = tag.kind === "lock" && tag.isUntouched && tag.holders.has(holder);
  return isGranted ? { kind: "token", token } : change(tag, holder);
}

/** A holder says that the tag did not change, or a stranger does. */
export function keep(tag: TagModel, holder: string): TagModel {
  return tag.kind === "lock" ? withoutHolder(tag, holder) : tag;
}

/** A holder's lease ended. */
export function lapse(tag: TagModel, holder: string): TagModel {
  return tag.kind === "lock" && tag.holders.has(holder) ? change(tag, holder) : tag;
}

function withoutHolder(lock: TagModel & { kind: "lock" }, holder: string | null): TagModel {
  const holders = new Set([...lock.holders].filter((name) => name !== holder));
  if (holders.size > 0) return { ...lock, holders };
  return lock.former === null ? ABSENT : { kind: "token", token: lock.former };
}
