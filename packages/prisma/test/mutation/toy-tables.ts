import type { DataModel, Model, Relation } from "../../src/schema/data-model.js";

export type Row = Record<string, unknown>;
export type Args = Readonly<Record<string, unknown>>;
/** Two rows of an implicit many-to-many, each by the relation field of its model and its primary key. */
export type Link = ReadonlyMap<string, readonly unknown[]>;

export type Truth = boolean | null;

/** Rows in memory, and what Prisma's filters, selections and orders mean on them. `isEqual` is the collation. */
export class ToyTables {
  readonly dataModel: DataModel;
  readonly isEqual: (a: unknown, b: unknown) => boolean;
  rows: Map<string, Row[]>;
  links: Map<string, Link[]> = new Map();

  constructor(dataModel: DataModel, isEqual: (a: unknown, b: unknown) => boolean) {
    this.dataModel = dataModel;
    this.isEqual = (a, b) => a !== null && b !== null && a !== undefined && b !== undefined && isEqual(a, b);
    this.rows = new Map([...dataModel.models.keys()].map((name) => [name, []]));
  }

  /** The tables as they are now, which writes replace and leave as they are. */
  now(): ToyTables {
    const tables = new ToyTables(this.dataModel, this.isEqual);
    [tables.rows, tables.links] = [this.rows, this.links];
    return tables;
  }

  /** The result of a query, in a form that can be compared. */
  read(modelName: string, operation: string, args: Args): unknown {
    const model = this.model(modelName);
    const found = this.find(model, args["where"]);
    if (operation === "count") return found.length;
    const projected = this.page(model, found, args).map((row) => this.project(model, row, args));
    return operation === "findMany" ? projected : (projected[0] ?? null);
  }

  /** The rows in order, from the cursor's place on, and as many as are taken. */
  page(model: Model, rows: readonly Row[], { orderBy, cursor, take }: Args): Row[] {
    let ordered = this.ordered(model, rows, orderBy);
    if (cursor !== undefined) {
      const [start] = this.find(model, cursor);
      if (!start) return [];
      const everything = this.ordered(model, this.all(model.name), orderBy);
      ordered = ordered.filter((row) => everything.indexOf(row) >= everything.indexOf(start));
    }
    return take === undefined ? ordered : ordered.slice(0, take as number);
  }

  all(modelName: string): readonly Row[] {
    return this.rows.get(modelName) ?? [];
  }

  model(name: string): Model {
    const model = this.dataModel.models.get(name);
    if (!model) throw new Error(`no model ${name}`);
    return model;
  }

  find(model: Model, where: unknown): Row[] {
    return this.all(model.name).filter((row) => this.matches(model, row, where));
  }

  matches(model: Model, row: Row, where: unknown): boolean {
    return this.truth(model, row, where) === true;
  }

  /** As SQL has it: what is compared with nothing is neither true nor false. */
  truth(model: Model, row: Row, where: unknown): Truth {
    return all(
      Object.entries((where ?? {}) as Args).map(([name, condition]) => {
        if (name === "AND") return all((condition as unknown[]).map((part) => this.truth(model, row, part)));
        if (name === "OR") return not(all((condition as unknown[]).map((part) => not(this.truth(model, row, part)))));
        if (name === "NOT") return not(this.truth(model, row, condition));
        const relation = model.relations.get(name);
        if (relation) return this.truthOfRelation(model, row, relation, condition);
        if (model.selectors.has(name)) return this.truth(model, row, condition);
        return this.compares(row[name], condition);
      }),
    );
  }

  compares(value: unknown, condition: unknown): Truth {
    if (typeof condition !== "object" || condition === null) {
      if (condition === null) return value === null;
      return value === null ? null : this.isEqual(value, condition);
    }
    const {
      equals,
      in: list,
      gt,
      not: other,
    } = condition as { equals?: unknown; in?: unknown[]; gt?: number; not?: unknown };
    if (equals !== undefined) return this.compares(value, equals);
    if (other !== undefined) return not(this.compares(value, other));
    if (value === null) return null;
    return list ? list.some((item) => this.isEqual(value, item)) : (value as number) > (gt as number);
  }

  /** Lists are looked into by a query of their own, which finds a row or none; one other row is compared beside this one. */
  truthOfRelation(model: Model, row: Row, relation: Relation, condition: unknown): Truth {
    const others = this.related(model, row, relation);
    const other = this.model(relation.otherModel);
    if (condition === null) return others.length === 0;
    const is = (filter: unknown): Truth => {
      if (filter === null) return others.length === 0;
      return others[0] ? this.truth(other, others[0], filter) : false;
    };
    return all(
      Object.entries(condition as Args).map(([name, part]) => {
        if (name === "some") return others.some((candidate) => this.matches(other, candidate, part));
        if (name === "none") return !others.some((candidate) => this.matches(other, candidate, part));
        if (name === "every") return !others.some((candidate) => this.truth(other, candidate, part) === false);
        if (name === "isNot") return not(is(part));
        return is(name === "is" ? part : { [name]: part });
      }),
    );
  }

  related(model: Model, row: Row, relation: Relation): Row[] {
    const others = this.all(relation.otherModel);
    if (relation.joinTable !== null) {
      const [mine, theirs] = [sideOf(relation), otherSideOf(relation)];
      const keys = (this.links.get(relation.joinTable) ?? [])
        .filter((link) => this.sameKey(link.get(mine), keyOf(model, row)))
        .map((link) => link.get(theirs));
      const other = this.model(relation.otherModel);
      return others.filter((candidate) => keys.some((key) => this.sameKey(key, keyOf(other, candidate))));
    }
    const [here, there] = relation.holdsForeignKey
      ? [relation.fields, relation.references]
      : [relation.references, relation.fields];
    return others.filter((candidate) => here.every((field, i) => this.isEqual(row[field], candidate[there[i] ?? ""])));
  }

  sameKey(a: readonly unknown[] | undefined, b: readonly unknown[]): boolean {
    return a?.every((value, i) => this.isEqual(value, b[i])) ?? false;
  }

  ordered(model: Model, rows: readonly Row[], orderBy: unknown): Row[] {
    const [[name, order]] = Object.entries((orderBy ?? { "": "" }) as Args) as [[string, unknown]];
    const relation = model.relations.get(name);
    const rank = (row: Row): string => {
      if (!relation) return String(row[name]);
      const others = this.related(model, row, relation);
      const [[field]] = Object.entries(order as Args) as [[string, unknown]];
      return field === "_count" ? String(others.length) : String(others[0]?.[field]);
    };
    if (rows.length < 2) return [...rows];
    return rows
      .map((row) => ({ row, key: JSON.stringify([rank(row), keyOf(model, row)]) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ row }) => row);
  }

  project(model: Model, row: Row, args: Args): Row {
    const { select, include } = args as { select?: Args; include?: Args };
    const result: Row = {};
    for (const [name, field] of model.fields)
      if (field.kind !== "relation" && (!select || select[name] === true)) result[name] = row[name];
    for (const [name, nested] of Object.entries(select ?? include ?? {})) {
      const relation = model.relations.get(name);
      if (relation) {
        const { where, ...rest } = (nested === true ? {} : nested) as Args;
        const other = this.model(relation.otherModel);
        const others = this.related(model, row, relation).filter((candidate) => this.matches(other, candidate, where));
        const projected = this.page(other, others, rest).map((candidate) => this.project(other, candidate, rest));
        result[name] = relation.kind === "many" ? projected : (projected[0] ?? null);
      } else if (name === "_count") {
        const counted = [...model.relations.values()].filter(({ kind }) => kind === "many");
        result[name] = Object.fromEntries(counted.map((list) => [list.field, this.related(model, row, list).length]));
      }
    }
    return result;
  }
}

function all(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false;
  return parts.includes(null) ? null : true;
}

function not(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

export function keyOf(model: Model, row: Row): unknown[] {
  return (model.primaryKey ?? []).map((field) => row[field]);
}

export function sideOf(relation: Relation): string {
  return `${relation.model}.${relation.field}`;
}

export function otherSideOf(relation: Relation): string {
  return `${relation.otherModel}.${relation.otherField}`;
}
