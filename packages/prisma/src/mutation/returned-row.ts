import { isAbsent, isRecord } from "../query/canonical.js";
import { clientName, type Model } from "../schema/data-model.js";

/** What a client leaves out of every result, by the model's name as a property of the client. */
export type GlobalOmit = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** Arguments that make the returned row carry more columns than were asked for, and how to take them out again. */
export interface Widening {
  readonly args: unknown;
  strip(result: unknown): unknown;
}

/**
 * @param fields the columns that the returned row must carry
 * @param isComputed whether result extensions may compute fields of this model. They read the row after us, and may
 * need a column that was not asked for: it is then hidden instead of removed.
 */
export function widen(
  model: Model,
  args: Readonly<Record<string, unknown>>,
  fields: readonly string[],
  globalOmit: GlobalOmit | undefined,
  isComputed: boolean,
): Widening {
  const { select } = args;
  if (isRecord(select)) {
    const added = fields.filter((field) => select[field] !== true);
    if (added.length === 0) return unchanged(args);
    // An unknown name in the selection is a computed field.
    const isHidden = isComputed && Object.keys(select).some((name) => !model.fields.has(name) && name !== "_count");
    return {
      args: { ...args, select: withEach(select, added, true) },
      strip: (result) => strip(result, added, isHidden),
    };
  }
  const omit = isRecord(args["omit"]) ? args["omit"] : {};
  const omittedAlways = globalOmit?.[clientName(model.name)] ?? {};
  const added = fields.filter((field) => {
    const asked = omit[field];
    return isAbsent(asked) ? omittedAlways[field] === true : asked === true;
  });
  if (added.length === 0) return unchanged(args);
  return { args: { ...args, omit: withEach(omit, added, false) }, strip: (result) => strip(result, added, isComputed) };
}

function unchanged(args: unknown): Widening {
  return { args, strip: (result) => result };
}

function withEach(object: object, names: readonly string[], value: boolean): Record<string, unknown> {
  return { ...object, ...Object.fromEntries(names.map((name) => [name, value])) };
}

/** Works on the row itself: Prisma hands out a fresh one for every call. */
function strip(result: unknown, names: readonly string[], isHidden: boolean): unknown {
  for (const row of Array.isArray(result) ? result : [result]) {
    if (!isRecord(row)) continue;
    for (const name of names) {
      if (!Object.hasOwn(row, name)) continue;
      if (isHidden) Object.defineProperty(row, name, { enumerable: false });
      else delete row[name];
    }
  }
  return result;
}
