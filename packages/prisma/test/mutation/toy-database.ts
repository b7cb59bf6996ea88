import type { Model, Relation } from "../../src/schema/data-model.js";
import { DEFAULTS } from "./toy-operations.js";
import { keyOf, otherSideOf, sideOf, ToyTables, type Args, type Link, type Row } from "./toy-tables.js";

/** The database, or Prisma, would refuse this write. */
export class Refused extends Error {}

/**
 * A database in memory that does with operations of Prisma what Prisma and a database do together: nested writes,
 * one-to-one replacement, referential actions, constraints. It shares nothing with the code under test but the data
 * model, which has a test of its own.
 */
export class ToyDatabase extends ToyTables {
  /** Runs a write as a transaction: all of it, or `Refused`. Returns what Prisma would return. */
  write(modelName: string, operation: string, args: Args): unknown {
    const [rows, links] = [this.rows, this.links];
    this.rows = new Map([...rows].map(([name, list]) => [name, list.map((row) => ({ ...row }))]));
    this.links = new Map([...links].map(([name, list]) => [name, [...list]]));
    try {
      const result = this.#write(this.model(modelName), operation, args);
      this.#validate();
      return result;
    } catch (error) {
      [this.rows, this.links] = [rows, links];
      throw error;
    }
  }

  #write(model: Model, operation: string, args: Args): unknown {
    const { where, data } = args as { where: Args; data: Args };
    const returned = (row: Row) => this.project(model, row, args);
    switch (operation) {
      case "create":
        return returned(this.#create(model, data));
      case "createMany":
        for (const item of data as unknown as Args[]) this.#create(model, item);
        return null;
      case "update":
        return returned(this.#update(model, this.#one(model, where), data));
      case "upsert": {
        const [row] = this.find(model, where);
        return returned(
          row ? this.#update(model, row, args["update"] as Args) : this.#create(model, args["create"] as Args),
        );
      }
      case "delete": {
        const row = this.#one(model, where);
        const result = returned(row);
        this.#delete(model, row);
        return result;
      }
      case "updateMany":
      case "updateManyAndReturn": {
        const rows = this.find(model, where);
        for (const row of rows) this.#update(model, row, data);
        return rows.map(returned);
      }
      case "deleteMany":
        for (const row of this.find(model, where)) this.#delete(model, row);
        return null;
      default:
        throw new Error(operation);
    }
  }

  #one(model: Model, where: unknown): Row {
    const [row] = this.find(model, where);
    if (!row) throw new Refused("not found");
    return row;
  }

  #create(model: Model, data: Args, given: Row = {}): Row {
    const row: Row = {};
    for (const [name, field] of model.fields)
      if (field.kind !== "relation") row[name] = given[name] ?? data[name] ?? DEFAULTS[name] ?? null;
    this.#linkForward(model, row, data);
    this.rows.get(model.name)?.push(row);
    this.#linkBackward(model, row, data);
    return row;
  }

  #update(model: Model, row: Row, data: Args): Row {
    const changes = Object.fromEntries(Object.entries(data).filter(([name]) => !model.relations.has(name)));
    const values = Object.entries(changes).map(([name, value]) => [name, newValue(row[name], value)]);
    this.#linkForward(model, row, data);
    this.#set(model, row, Object.fromEntries(values) as Row);
    this.#linkBackward(model, row, data);
    return row;
  }

  /** Changes columns of a row, and what references them. */
  #set(model: Model, row: Row, changes: Row): void {
    const before = { ...row };
    Object.assign(row, changes);
    // Nothing references a row that is not there yet, though it may have the key of one that is.
    if (!this.rows.get(model.name)?.includes(row)) return;
    for (const relation of model.relations.values()) {
      if (relation.joinTable !== null) this.#relink(relation, keyOf(model, before), keyOf(model, row));
      else if (!relation.holdsForeignKey && relation.references.some((field) => before[field] !== row[field])) {
        const other = this.model(relation.otherModel);
        for (const child of this.related(model, before, relation)) {
          if (child === row) continue;
          if (relation.onUpdate === "Cascade")
            this.#set(
              other,
              child,
              columns(relation, (i) => row[relation.references[i] ?? ""]),
            );
          else if (relation.onUpdate === "SetNull")
            this.#set(
              other,
              child,
              columns(relation, () => null),
            );
          else throw new Refused("restricted");
        }
      }
    }
  }

  #delete(model: Model, row: Row): void {
    const rows = this.rows.get(model.name) ?? [];
    const at = rows.indexOf(row);
    if (at < 0) return;
    rows.splice(at, 1);
    for (const relation of model.relations.values()) {
      if (relation.joinTable !== null) {
        const links = this.links.get(relation.joinTable) ?? [];
        this.links.set(
          relation.joinTable,
          links.filter((link) => !this.sameKey(link.get(sideOf(relation)), keyOf(model, row))),
        );
      } else if (!relation.holdsForeignKey) {
        const other = this.model(relation.otherModel);
        for (const child of this.related(model, row, relation)) {
          if (relation.onDelete === "Cascade") this.#delete(other, child);
          else if (relation.onDelete === "SetNull")
            this.#set(
              other,
              child,
              columns(relation, () => null),
            );
          else throw new Refused("restricted");
        }
      }
    }
  }

  /** The relations whose key `row` holds, so that the other row has to be there first. */
  #linkForward(model: Model, row: Row, data: Args): void {
    for (const [relation, operation, payload] of operationsIn(model, data)) {
      if (!relation.holdsForeignKey) continue;
      const other = this.model(relation.otherModel);
      const link = (target: Row | null) => this.#linkTo(model, row, relation, target);
      const [current] = this.related(model, row, relation);
      const { where, create, update } = payload as { where: Args; create: Args; update: Args };
      if (operation === "create") link(this.#create(other, payload as Args));
      else if (operation === "connect") link(this.#one(other, payload));
      else if (operation === "connectOrCreate") link(this.find(other, where)[0] ?? this.#create(other, create));
      else if (operation === "disconnect") link(null);
      else if (operation === "update") this.#update(other, current ?? refuse(), payload as Args);
      else if (operation === "upsert") {
        if (current) this.#update(other, current, update);
        else link(this.#create(other, create));
      } else if (operation === "delete") {
        link(null);
        this.#delete(other, current ?? refuse());
      } else throw new Error(operation);
    }
  }

  #linkTo(model: Model, row: Row, relation: Relation, target: Row | null): void {
    const values = columns(relation, (i) => target?.[relation.references[i] ?? ""] ?? null);
    if (target && relation.otherKind === "one") {
      for (const holder of this.all(model.name)) {
        if (holder !== row && this.related(model, holder, relation).includes(target))
          this.#set(
            model,
            holder,
            columns(relation, () => null),
          );
      }
    }
    this.#set(model, row, values);
  }

  /** The relations whose key the other model holds, and those in a table of their own. */
  #linkBackward(model: Model, row: Row, data: Args): void {
    for (const [relation, operation, payload] of operationsIn(model, data)) {
      if (relation.holdsForeignKey) continue;
      const other = this.model(relation.otherModel);
      const related = this.related(model, row, relation);
      const list = relation.kind === "many";
      const items = (Array.isArray(payload) ? payload : [payload]) as Args[];
      const own = (where: unknown) =>
        (list ? related.find((child) => this.matches(other, child, where)) : related[0]) ?? refuse();
      const create = (item: Args) => {
        if (relation.joinTable !== null) this.#attach(model, row, relation, this.#create(other, item));
        else {
          if (!list)
            for (const child of related)
              this.#set(
                other,
                child,
                columns(relation, () => null),
              );
          this.#create(
            other,
            item,
            columns(relation, (i) => row[relation.references[i] ?? ""]),
          );
        }
      };
      for (const item of items) {
        const { where, data: changes, create: fresh, update } = item as Record<string, Args>;
        if (operation === "create") create(item);
        else if (operation === "createMany") for (const one of changes as unknown as Args[]) create(one);
        else if (operation === "connect") this.#attach(model, row, relation, this.#one(other, item));
        else if (operation === "connectOrCreate") {
          const [found] = this.find(other, where);
          if (found) this.#attach(model, row, relation, found);
          else create(fresh ?? {});
        } else if (operation === "disconnect")
          this.#detach(model, row, relation, list ? this.find(other, item)[0] : related[0]);
        else if (operation === "update") this.#update(other, own(where), (list ? changes : item) ?? {});
        else if (operation === "updateMany") {
          for (const child of related) if (this.matches(other, child, where)) this.#update(other, child, changes ?? {});
        } else if (operation === "upsert") {
          const child = list ? related.find((candidate) => this.matches(other, candidate, where)) : related[0];
          if (child) this.#update(other, child, update ?? {});
          else create(fresh ?? {});
        } else if (operation === "delete") this.#delete(other, own(item));
        else if (operation === "deleteMany") {
          for (const child of related) if (this.matches(other, child, item)) this.#delete(other, child);
        } else if (operation !== "set") throw new Error(operation);
      }
      if (operation === "set") {
        for (const child of related) this.#detach(model, row, relation, child);
        for (const item of items) this.#attach(model, row, relation, this.#one(other, item));
      }
    }
  }

  #attach(model: Model, row: Row, relation: Relation, target: Row): void {
    const other = this.model(relation.otherModel);
    if (relation.joinTable === null) {
      if (relation.kind === "one")
        for (const child of this.related(model, row, relation))
          if (child !== target) this.#detach(model, row, relation, child);
      this.#set(
        other,
        target,
        columns(relation, (i) => row[relation.references[i] ?? ""]),
      );
      return;
    }
    if (this.related(model, row, relation).includes(target)) return;
    const link = new Map([
      [sideOf(relation), keyOf(model, row)],
      [otherSideOf(relation), keyOf(other, target)],
    ]);
    this.links.set(relation.joinTable, [...(this.links.get(relation.joinTable) ?? []), link]);
  }

  #detach(model: Model, row: Row, relation: Relation, target: Row | undefined): void {
    if (!target || !this.related(model, row, relation).includes(target)) return;
    const other = this.model(relation.otherModel);
    if (relation.joinTable === null)
      return this.#set(
        other,
        target,
        columns(relation, () => null),
      );
    const isIt = (link: Link) =>
      this.sameKey(link.get(sideOf(relation)), keyOf(model, row)) &&
      this.sameKey(link.get(otherSideOf(relation)), keyOf(other, target));
    this.links.set(
      relation.joinTable,
      (this.links.get(relation.joinTable) ?? []).filter((link) => !isIt(link)),
    );
  }

  #relink(relation: Relation, before: readonly unknown[], after: readonly unknown[]): void {
    const side = sideOf(relation);
    const links = this.links.get(relation.joinTable ?? "") ?? [];
    this.links.set(
      relation.joinTable ?? "",
      links.map((link) => (this.sameKey(link.get(side), before) ? new Map(link).set(side, after) : link)),
    );
  }

  #validate(): void {
    for (const [side, key] of [...this.links.values()].flat().flatMap((link) => [...link])) {
      const model = this.model(side.slice(0, side.indexOf(".")));
      if (!this.all(model.name).some((row) => this.sameKey(key, keyOf(model, row)))) throw new Refused("dangling");
    }
    for (const model of this.dataModel.models.values()) {
      const rows = this.all(model.name);
      for (const fields of [model.primaryKey ?? [], ...model.uniques.map((unique) => unique.fields)]) {
        rows.forEach((row, i) => {
          const twin = rows
            .slice(0, i)
            .some((other) => fields.every((field) => this.isEqual(row[field], other[field])));
          if (twin) throw new Refused("not unique");
        });
      }
      for (const row of rows) {
        for (const field of model.fields.values()) {
          if (field.kind !== "relation" && !field.isNullable && row[field.name] === null) throw new Refused("null");
        }
        for (const relation of model.relations.values()) {
          if (!relation.holdsForeignKey || relation.fields.some((field) => row[field] === null)) continue;
          if (this.related(model, row, relation).length === 0) throw new Refused("dangling");
        }
      }
    }
  }
}

function* operationsIn(model: Model, data: Args): Generator<[Relation, string, unknown]> {
  for (const [name, value] of Object.entries(data)) {
    const relation = model.relations.get(name);
    if (relation)
      for (const [operation, payload] of Object.entries(value as Args)) yield [relation, operation, payload];
  }
}

function columns(relation: Relation, value: (i: number) => unknown): Row {
  return Object.fromEntries(relation.fields.map((field, i) => [field, value(i)]));
}

function newValue(old: unknown, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { set, increment } = value as { set?: unknown; increment?: number };
  return increment === undefined ? set : (old as number) + increment;
}

function refuse(): never {
  throw new Refused("not found");
}
