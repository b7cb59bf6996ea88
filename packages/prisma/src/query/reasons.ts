import { ANY_CUSTOM, anyTag, isNewTag, tagGroup, type Tag } from "@evercache/core";
import type { DataModel, Model } from "../schema/data-model.js";
import { pathFields } from "../schema/path-fields.js";
import { twinOf } from "../schema/volatile.js";
import { isAbsent, isRecord } from "./canonical.js";
import { coveringTags } from "./covering-tags.js";
import type { Query } from "./dependencies.js";
import { whyAnyRow } from "./filter-reasons.js";
import { relationsReadBy, type RelationsRead } from "./relations-read.js";

/** Why a query carries those of its tags that stand for more than one row or value. For people. */
export function reasonsOfRead(
  dataModel: DataModel,
  query: Query,
  tags: readonly Tag[],
): Readonly<Record<string, string>> {
  const model = dataModel.models.get(query.model);
  const args = query.args ?? {};
  if (!model || !isRecord(args)) return {};
  const others = relationsReadBy(dataModel, model, { ...query, args });
  if ("uncacheable" in others) return {};
  const reasons = new Reasons(dataModel, model, ownReason(dataModel, model, args), others);
  return Object.fromEntries(
    tags.flatMap((tag) => {
      const reason = reasons.of(tag);
      return reason === null ? [] : [[tag, reason]];
    }),
  );
}

/** Why any row of the queried model matters. `null`: only those matter that the arguments name. */
function ownReason(dataModel: DataModel, model: Model, args: Readonly<Record<string, unknown>>): string | null {
  if (!isAbsent(args["cursor"])) return "the row of the cursor decides where the page starts";
  return coveringTags(dataModel, model, args["where"]) === null ? whyAnyRow(dataModel, model, args["where"]) : null;
}

class Reasons {
  readonly #dataModel: DataModel;
  readonly #model: Model;
  readonly #own: string | null;
  readonly #others: RelationsRead;

  constructor(dataModel: DataModel, model: Model, own: string | null, others: RelationsRead) {
    this.#dataModel = dataModel;
    this.#model = model;
    this.#own = own;
    this.#others = others;
  }

  of(tag: Tag): string | null {
    if (tag === ANY_CUSTOM) return "its custom tags are told by its result, and take the place of this one";
    if (tag.startsWith("#")) return null;
    const group = tagGroup(tag);
    const twin = twinOf(group);
    const reason = this.#base(tag, group);
    if (twin === null) return reason;
    const columns = this.#dataModel.models.get(twin)?.tracking.volatile ?? [];
    const looks = `it looks at volatile columns (${columns.join(", ")})`;
    return reason === null ? looks : `${looks}; ${reason}`;
  }

  #base(tag: Tag, group: string): string | null {
    if (tag === anyTag(group)) return this.#any(group);
    if (isNewTag(tag)) return "rows that come to have a key which their writer cannot say beforehand";
    const path = pathFields(this.#dataModel, tag);
    return path === undefined ? null : `writes that cannot say the ${path.join(" and ")} of the rows that they change`;
  }

  #any(group: string): string | null {
    const { wide, narrowable } = this.#others;
    const own = (twinOf(group) ?? group) === this.#model.name ? this.#own : null;
    const reasons = [own, wide.get(group) ?? null].filter((reason) => reason !== null);
    const shown = narrowable.get(group);
    if (shown !== undefined)
      reasons.push(reasons.length > 0 ? shown : `${shown}; the rows of the result take its place`);
    return reasons.length === 0 ? null : [...new Set(reasons)].join("; ");
  }
}
