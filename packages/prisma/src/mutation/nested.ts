import { isAbsent, isRecord } from "../query/canonical.js";
import type { Model, Relation } from "../schema/data-model.js";
import { cascadeDelete, cascadeUpdate } from "./cascade.js";
import type { Changes } from "./changes.js";
import { changeCreatedRow, changeFilteredRows, changeSelectedRow, untouchedValues } from "./selected-row.js";
import { everythingTouched, NOTHING_TOUCHED, touchedBy, touchedFields, type Touched } from "./touched.js";

/** Values by field. A field that is in it with `undefined` has a value that nobody knows. */
type Given = ReadonlyMap<string, unknown>;

export const NOTHING_GIVEN: Given = new Map();

/** The foreign key of rows that reference this one, as far as it is known. */
function referenced(
  relation: Relation,
  data: Readonly<Record<string, unknown>>,
  row: "new" | "existing",
  known: Given,
): Given {
  if (relation.holdsForeignKey || relation.joinModel !== null) return NOTHING_GIVEN;
  return new Map(
    relation.fields.map((field, i) => {
      const source = relation.references[i] ?? "";
      const isGiven = row === "new" && !known.has(source);
      return [field, isGiven ? data[source] : known.get(source)];
    }),
  );
}

/**
 * What the relation fields in the data of a create or an update change, at any depth. No row of theirs is returned, so
 * that what cannot be named from the arguments stays unnamed. The columns of `model` itself are its caller's concern.
 * @param row whether the data makes a row or changes one
 * @param known values of the row that the data does not give: rows that come to reference it get them
 */
export function nestedWrites(
  changes: Changes,
  model: Model,
  data: unknown,
  row: "new" | "existing",
  known: Given,
): void {
  if (!isRecord(data)) return changes.everything();
  for (const [name, value] of Object.entries(data)) {
    if (isAbsent(value)) continue;
    const relation = model.relations.get(name);
    if (relation) relationWrites(changes, model, relation, value, row, referenced(relation, data, row, known));
    else if (!model.fields.has(name)) changes.everything();
  }
}

function relationWrites(
  changes: Changes,
  model: Model,
  relation: Relation,
  value: unknown,
  row: "new" | "existing",
  given: Given,
): void {
  const other = changes.dataModel.models.get(relation.otherModel);
  if (!other || !isRecord(value)) return changes.everything();
  const side = new RelationSide(changes, model, relation, other, row, given);
  for (const [operation, payload] of Object.entries(value)) {
    if (!isAbsent(payload)) side.write(operation, payload);
  }
}

/** The writes to the other model through one relation field. */
class RelationSide {
  readonly #changes: Changes;
  readonly #model: Model;
  readonly #relation: Relation;
  readonly #other: Model;
  /** The columns of the other model that a change of the link writes to. */
  readonly #link: Touched;
  readonly #row: "new" | "existing";
  /** The columns that a new row of the other model gets from its place. */
  readonly #given: Given;

  constructor(changes: Changes, model: Model, relation: Relation, other: Model, row: "new" | "existing", given: Given) {
    this.#given = given;
    this.#row = row;
    this.#changes = changes;
    this.#model = model;
    this.#relation = relation;
    this.#other = other;
    const isLinkThere = relation.joinModel === null && !relation.holdsForeignKey;
    this.#link = isLinkThere ? touchedFields(other, relation.fields) : NOTHING_TOUCHED;
  }

  write(operation: string, payload: unknown): void {
    if (this.#relation.joinModel !== null) this.#changes.any(this.#relation.joinModel);
    const items: readonly unknown[] = Array.isArray(payload) ? payload : [payload];
    switch (operation) {
      case "create":
        if (!this.#relation.holdsForeignKey) this.#replaced();
        for (const item of items) this.#created(item);
        return;
      case "createMany":
        for (const item of items) {
          const rows = isRecord(item) ? item["data"] : undefined;
          for (const row of Array.isArray(rows) ? rows : [rows]) this.#created(row);
        }
        return;
      case "connect":
        this.#replaced();
        for (const item of items) this.#linked(item);
        return;
      case "connectOrCreate":
        this.#replaced();
        for (const item of items) {
          const { where, create } = isRecord(item) ? item : {};
          this.#linked(where);
          this.#created(create);
        }
        return;
      case "disconnect":
        // On a to-one relation: `true`, or a filter.
        if (this.#relation.kind === "one") this.#unknownRowLinked();
        else for (const item of items) this.#linked(item);
        return;
      case "set":
        this.#unknownRowLinked();
        return;
      case "update":
        for (const item of items) {
          if (this.#relation.kind === "one") this.#toOneUpdated(item);
          else this.#updated(isRecord(item) ? item["where"] : undefined, isRecord(item) ? item["data"] : undefined);
        }
        return;
      case "upsert":
        for (const item of items) {
          const { where, update, create } = isRecord(item) ? item : {};
          if (this.#relation.kind === "one") this.#toOneUpdated(update);
          else this.#updated(where, update);
          this.#created(create);
        }
        return;
      case "updateMany":
        for (const item of items) this.#manyUpdated(item);
        return;
      case "delete":
        if (this.#relation.kind === "one") this.#changes.all(this.#other.name);
        else for (const item of items) changeSelectedRow(this.#changes, this.#other, item, NOTHING_TOUCHED);
        cascadeDelete(this.#changes, this.#other);
        return;
      case "deleteMany":
        for (const item of items) changeFilteredRows(this.#changes, this.#other, item, NOTHING_TOUCHED);
        cascadeDelete(this.#changes, this.#other);
        return;
      default:
        this.#changes.everything();
    }
  }

  /**
   * In a one-to-one relation a new link takes the place of an old one, in a row that the arguments do not name. A new
   * row has no old link; what it links to may have.
   */
  #replaced(): void {
    const { kind, otherKind, holdsForeignKey, fields } = this.#relation;
    if (kind === "many" || otherKind === "many" || (!holdsForeignKey && this.#row === "new")) return;
    const holder = holdsForeignKey ? this.#model : this.#other;
    this.#changes.all(holder.name);
    cascadeUpdate(this.#changes, holder, new Set(fields));
  }

  #created(data: unknown): void {
    changeCreatedRow(this.#changes, this.#other, data, this.#given);
    nestedWrites(this.#changes, this.#other, data, "new", this.#given);
  }

  #linked(where: unknown): void {
    if (this.#link.fields.size === 0) return;
    changeSelectedRow(this.#changes, this.#other, where, this.#link);
    cascadeUpdate(this.#changes, this.#other, this.#link.fields);
  }

  #unknownRowLinked(): void {
    if (this.#link.fields.size === 0) return;
    this.#changes.all(this.#other.name);
    cascadeUpdate(this.#changes, this.#other, this.#link.fields);
  }

  #updated(where: unknown, data: unknown): void {
    const touched = touchedBy(this.#changes.dataModel, this.#other, data);
    changeSelectedRow(this.#changes, this.#other, where, touched);
    cascadeUpdate(this.#changes, this.#other, touched.fields);
    nestedWrites(this.#changes, this.#other, data, "existing", untouchedValues(this.#other, where, touched));
  }

  /** Which row a to-one relation leads to is not in the arguments. */
  #toOneUpdated(payload: unknown): void {
    this.#changes.all(this.#other.name);
    // Either the data itself, or `{ where, data }`: told apart unless the model has such fields.
    const isWrapped = isRecord(payload) && isRecord(payload["data"]);
    const isCertain = !this.#other.fields.has("data");
    const data = isWrapped && isCertain ? payload["data"] : payload;
    const touched =
      isWrapped && !isCertain ? everythingTouched(this.#other) : touchedBy(this.#changes.dataModel, this.#other, data);
    cascadeUpdate(this.#changes, this.#other, touched.fields);
    if (isWrapped && !isCertain) this.#changes.everything();
    else nestedWrites(this.#changes, this.#other, data, "existing", NOTHING_GIVEN);
  }

  #manyUpdated(item: unknown): void {
    const { where, data } = isRecord(item) ? item : {};
    const touched = touchedBy(this.#changes.dataModel, this.#other, data);
    changeFilteredRows(this.#changes, this.#other, where, touched);
    cascadeUpdate(this.#changes, this.#other, touched.fields);
  }
}
