import { referencedColumn } from "../schema/paths.js";
import { isAbsent, isRecord } from "../query/canonical.js";
import { impliedBy } from "../query/equalities.js";
import type { Model, Relation } from "../schema/data-model.js";
import { linkPath } from "../schema/paths.js";
import { cascadeDelete, cascadeUpdate } from "./cascade.js";
import type { Changes } from "./changes.js";
import { bothKnown, knownOfHolders, knownOfReferenced, knownValues, NOTHING_KNOWN, type Known } from "./known.js";
import { newRow, updatedRow, type ParentRow } from "./parent-row.js";
import { changeCreatedRow, changeRows, cover, createdValue, type Unnamed } from "./selected-row.js";
import { NOTHING_TOUCHED, operationsIn, touchedBy, toOneUpdate, touchedValues, type Touched } from "./touched.js";

/**
 * What the relation fields in the data of a create or an update change, at any depth. No row of theirs is returned, so
 * that what cannot be named from the arguments stays unnamed. The columns of `model` itself are its caller's concern.
 * @returns what the row itself can tell, once it is there
 */
export function nestedWrites(changes: Changes, model: Model, data: unknown, row: ParentRow): Unnamed[] {
  if (!isRecord(data)) {
    changes.everything();
    return [];
  }
  const unnamed: Unnamed[] = [];
  for (const [name, value] of Object.entries(data)) {
    if (isAbsent(value)) continue;
    const relation = model.relations.get(name);
    if (!relation) {
      if (!model.fields.has(name)) changes.everything();
      continue;
    }
    const other = changes.dataModel.models.get(relation.otherModel);
    const back = other?.relations.get(relation.otherField);
    if (!other || !back || !isRecord(value)) {
      changes.everything();
      continue;
    }
    const side = new RelationSide(
      changes,
      model,
      { relation, back, other },
      row,
      relatedRows(changes, model, relation, data, row),
    );
    for (const operation of operationsIn(value)) side.write(operation, value[operation]);
    unnamed.push(...side.unnamed);
  }
  return unnamed;
}

/** What is known of the rows that the relation leads to from this one, before the write. */
function relatedRows(
  { dataModel }: Changes,
  model: Model,
  relation: Relation,
  data: Readonly<Record<string, unknown>>,
  row: ParentRow,
): Known {
  if (relation.joinModel !== null) return NOTHING_KNOWN;
  if (!relation.holdsForeignKey) {
    const values = relation.references.map((name) => [name, row.valueOf(name)] as const);
    return knownOfHolders(dataModel, relation, knownValues(new Map(values)));
  }
  // Where the key itself moves, it is not certain which row is meant.
  if (operationsIn(data[relation.field]).length > 1) return NOTHING_KNOWN;
  const touched = touchedBy(dataModel, model, { ...data, [relation.field]: undefined });
  const isMoved = relation.fields.some((field) => touched.has(field));
  return isMoved ? NOTHING_KNOWN : knownOfReferenced(dataModel, relation, row.before);
}

interface Ends {
  readonly relation: Relation;
  /** The same relation, seen from the other model. */
  readonly back: Relation;
  readonly other: Model;
}

/** The writes to the other model through one relation field. */
class RelationSide {
  readonly unnamed: Unnamed[] = [];
  readonly #changes: Changes;
  readonly #model: Model;
  readonly #relation: Relation;
  readonly #back: Relation;
  readonly #other: Model;
  readonly #row: ParentRow;
  readonly #related: Known;
  /** Whether rows of the other model hold the foreign key. */
  readonly #isHeldThere: boolean;
  /** The columns that a new row of the other model gets from its place. */
  readonly #given: ReadonlyMap<string, unknown>;

  constructor(changes: Changes, model: Model, { relation, back, other }: Ends, row: ParentRow, related: Known) {
    this.#changes = changes;
    this.#model = model;
    this.#relation = relation;
    this.#back = back;
    this.#other = other;
    this.#row = row;
    this.#related = related;
    this.#isHeldThere = relation.joinModel === null && !relation.holdsForeignKey;
    this.#given = new Map(
      (this.#isHeldThere ? relation.fields : []).map((column) => {
        const source = referencedColumn(changes.dataModel, relation, column);
        return [column, source === null ? undefined : row.valueOf(source)];
      }),
    );
  }

  write(operation: string, payload: unknown): void {
    const items: readonly unknown[] = Array.isArray(payload) ? payload : [payload];
    switch (operation) {
      case "create":
        if (!this.#relation.holdsForeignKey) this.#replaced(undefined);
        for (const item of items) this.#created(item);
        return;
      case "createMany":
        for (const item of items) {
          const rows = isRecord(item) ? item["data"] : undefined;
          for (const row of Array.isArray(rows) ? rows : [rows]) this.#created(row);
        }
        return;
      case "connect":
        for (const item of items) this.#connected(item);
        return;
      case "connectOrCreate":
        for (const item of items) {
          const { where, create } = isRecord(item) ? item : {};
          this.#connected(where);
          this.#created(create);
        }
        return;
      case "disconnect":
        // On a to-one relation: `true`, or a filter.
        for (const item of items) this.#disconnected(item);
        return;
      case "set":
        this.#disconnected(undefined);
        for (const item of items) this.#connected(item);
        return;
      case "update":
        for (const item of items) {
          if (this.#relation.kind === "one") this.#toOneUpdated(item);
          else if (isRecord(item)) this.#updated(item["where"], item["data"]);
          else this.#changes.everything();
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
        for (const item of items) {
          const { where, data } = isRecord(item) ? item : {};
          this.#updated(where, data);
        }
        return;
      case "delete":
      case "deleteMany":
        for (const item of items) this.#deleted(item);
        return;
      default:
        this.#changes.everything();
    }
  }

  /** The rows that the relation leads to and that this filter lets through. */
  #those(where: unknown): Known {
    return bothKnown(impliedBy(this.#other, where), this.#related);
  }

  /**
   * In a one-to-one relation a new link takes the place of an old one: the row that had it loses its foreign key. A new
   * row has no old link; what it links to may have.
   * @param where the row that is linked to
   */
  #replaced(where: unknown): void {
    const { kind, otherKind, holdsForeignKey, fields } = this.#relation;
    if (kind === "many" || otherKind === "many" || (!holdsForeignKey && this.#row.isNew)) return;
    const holder = holdsForeignKey ? this.#model : this.#other;
    const known = holdsForeignKey
      ? knownOfHolders(this.#changes.dataModel, this.#back, impliedBy(this.#other, where))
      : this.#related;
    this.#moved(holder, known, touchedValues(holder, new Map(fields.map((field) => [field, null]))));
  }

  #created(data: unknown): void {
    const { dataModel } = this.#changes;
    changeCreatedRow(this.#changes, this.#other, data, this.#given);
    const row = newRow(dataModel, this.#other, data, this.#given);
    cover(this.#changes, nestedWrites(this.#changes, this.#other, data, row));
    const [key = ""] = this.#other.primaryKey ?? [];
    this.#linked(createdValue(dataModel, this.#other, key, data, this.#given));
  }

  #connected(where: unknown): void {
    this.#replaced(where);
    const known = impliedBy(this.#other, where);
    if (this.#isHeldThere) this.#moved(this.#other, known, touchedValues(this.#other, this.#given));
    this.#linked(known.equal.get(this.#other.primaryKey?.[0] ?? ""));
  }

  #disconnected(where: unknown): void {
    if (this.#isHeldThere) {
      const columns = new Map(this.#relation.fields.map((field) => [field, null]));
      this.#moved(this.#other, this.#those(where), touchedValues(this.#other, columns));
    }
    this.#linked(impliedBy(this.#other, where).equal.get(this.#other.primaryKey?.[0] ?? ""));
  }

  /** A link in a table of its own comes or goes. */
  #linked(otherKey: unknown): void {
    if (this.#relation.joinModel === null) return;
    this.#changes.any(this.#relation.joinModel);
    this.#changes.link(this.#back, otherKey);
    const key = this.#row.valueOf(this.#model.primaryKey?.[0] ?? "");
    if (this.#row.isNew && key === undefined) {
      this.unnamed.push({ fence: linkPath(this.#relation), link: this.#relation });
    } else this.#changes.link(this.#relation, key);
  }

  #toOneUpdated(payload: unknown): void {
    const { where, data } = toOneUpdate(this.#other, payload);
    this.#updated(where, data);
  }

  #updated(where: unknown, data: unknown): void {
    const known = this.#those(where);
    const touched = touchedBy(this.#changes.dataModel, this.#other, data);
    this.#moved(this.#other, known, touched);
    cover(this.#changes, nestedWrites(this.#changes, this.#other, data, updatedRow(known, touched)));
  }

  #deleted(where: unknown): void {
    const known = this.#those(where);
    changeRows(this.#changes, this.#other, known, NOTHING_TOUCHED);
    cascadeDelete(this.#changes, this.#other, known);
  }

  #moved(model: Model, known: Known, touched: Touched): void {
    changeRows(this.#changes, model, known, touched);
    cascadeUpdate(this.#changes, model, known, touched);
  }
}
