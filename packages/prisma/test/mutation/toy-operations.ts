import type { DataModel, Field, Model, Relation } from "../../src/schema/data-model.js";

/** Keys of every kind, referential actions of every kind, all over a handful of values so that rows meet. */
export const TOY = `
datasource db {
  provider = "postgresql"
}
enum Role {
  ADMIN
  MEMBER
  GUEST
}
enum Status {
  DRAFT
  LIVE
}
model User {
  id        Int      @id
  email     String   @unique
  name      String
  role      Role     @default(MEMBER)
  active    Boolean  @default(true)
  managerId Int?
  manager   User?    @relation("Management", fields: [managerId], references: [id], onDelete: SetNull)
  reports   User[]   @relation("Management")
  friends   User[]   @relation("Friends")
  friendOf  User[]   @relation("Friends")
  profile   Profile?
  posts     Post[]   @relation("Written")
  edited    Post[]   @relation("Edited")
  teams     Team[]
  grades    Grade[]
}
model Profile {
  id     Int    @id
  bio    String @unique
  userId Int?   @unique
  user   User?  @relation(fields: [userId], references: [id], onDelete: Cascade)
}
model Post {
  id          Int       @id
  slug        String    @unique
  title       String
  status      Status?
  authorId    Int
  author      User      @relation("Written", fields: [authorId], references: [id], onDelete: Cascade)
  editorEmail String?
  editor      User?     @relation("Edited", fields: [editorEmail], references: [email], onDelete: SetNull, onUpdate: Cascade)
  comments    Comment[]

  @@unique([authorId, title])
}
model Comment {
  id     Int    @id
  text   String
  hidden Boolean
  slug   String
  post   Post   @relation(fields: [slug], references: [slug], onDelete: Cascade)
}
model Team {
  name  String @id
  users User[]
}
model Grade {
  userId  Int
  subject String
  value   Int
  user    User   @relation(fields: [userId], references: [id], onDelete: Restrict)
  notes   Note[]

  @@id([userId, subject])
}
model Note {
  id      Int     @id
  userId  Int?
  subject String?
  text    String? @unique
  grade   Grade?  @relation(fields: [userId, subject], references: [userId, subject], onDelete: SetNull, onUpdate: SetNull)
}
`;

/** What a column gets that a new row is not given. */
export const DEFAULTS: Readonly<Record<string, unknown>> = { role: "MEMBER", active: true };

type Args = Record<string, unknown>;

export interface Operation {
  readonly model: string;
  readonly operation: string;
  readonly args: Args;
}

/** A source of choices: an integer from 0 up to, and without, `bound`. */
export type Choose = (bound: number) => number;

/** Makes random operations of Prisma on a data model. */
export class Operations {
  readonly #dataModel: DataModel;
  readonly #choose: Choose;
  readonly #texts: readonly string[];
  readonly #rowsOf: (model: string) => readonly Args[];

  /** @param rowsOf the rows that are there, so that most selectors find one */
  constructor(
    dataModel: DataModel,
    choose: Choose,
    texts: readonly string[],
    rowsOf: (model: string) => readonly Readonly<Args>[],
  ) {
    this.#dataModel = dataModel;
    this.#choose = choose;
    this.#texts = texts;
    this.#rowsOf = rowsOf;
  }

  write(depth: number): Operation {
    const models = [...this.#dataModel.models.values()];
    // Models with more relations more often: there is more to go wrong.
    const model = this.#one(models.flatMap((each) => Array.from(each.relations, () => each)));
    const returned = this.#returned(model);
    const make = (operation: string, args: Args): Operation => ({ model: model.name, operation, args });
    switch (this.#choose(14)) {
      case 0:
      case 1:
      case 2:
        return make("create", { data: this.#created(model, depth), ...returned });
      case 3:
        return make("createMany", { data: [this.#created(model, 0), this.#created(model, 0)] });
      case 4:
        return make("upsert", {
          where: this.#unique(model),
          create: this.#created(model, depth),
          update: this.#updated(model, depth),
          ...returned,
        });
      case 5:
        return make("delete", { where: this.#unique(model), ...returned });
      case 6:
        return make("updateMany", { where: this.#filter(model, 1), data: this.#updated(model, 0) });
      case 7:
        return make("deleteMany", { where: this.#filter(model, 1) });
      case 8:
        return make("updateManyAndReturn", {
          where: this.#filter(model, 1),
          data: this.#updated(model, 0),
          ...returned,
        });
      default:
        return make("update", { where: this.#unique(model), data: this.#updated(model, depth), ...returned });
    }
  }

  read(): Operation {
    const model = this.#one([...this.#dataModel.models.values()]);
    const selection = this.#maybe(2) ? { include: this.#include(model, 2) } : {};
    switch (this.#choose(6)) {
      case 0:
        return { model: model.name, operation: "findUnique", args: { where: this.#unique(model), ...selection } };
      case 1:
        return { model: model.name, operation: "count", args: { where: this.#filter(model, 2) } };
      case 2: {
        const where = this.#maybe(2) ? this.#unique(model) : this.#filter(model, 2);
        return { model: model.name, operation: "findFirst", args: { where: flat(model, where), ...selection } };
      }
      case 3: {
        const page = { take: 1 + this.#choose(2), ...(this.#maybe(2) ? { cursor: this.#key(model) } : {}) };
        return {
          model: model.name,
          operation: "findMany",
          args: { where: this.#filter(model, 2), ...selection, ...page },
        };
      }
      default:
        return {
          model: model.name,
          operation: "findMany",
          args: { where: this.#filter(model, 2), ...selection, ...this.#order(model) },
        };
    }
  }

  /** Every query by key that might find a row: the ones that name single rows. */
  reads(): Operation[] {
    return [...this.#dataModel.models.values()].flatMap((model) =>
      keysOf(model).flatMap(({ selector, fields }) =>
        this.#combinations(fields.map((name) => model.fields.get(name)).filter((field) => field !== undefined)).map(
          (values) => ({
            model: model.name,
            operation: "findUnique",
            args: { where: fields.length > 1 ? { [selector]: values } : values },
          }),
        ),
      ),
    );
  }

  #combinations(fields: readonly Field[]): Args[] {
    const [field, ...rest] = fields;
    if (!field) return [{}];
    const values: readonly unknown[] = field.type === "Int" ? [1, 2, 3, 4, 5] : this.#texts;
    return this.#combinations(rest).flatMap((others) => values.map((value) => ({ [field.name]: value, ...others })));
  }

  #one<T>(items: readonly T[]): T {
    const item = items[this.#choose(items.length)];
    if (item === undefined) throw new Error("nothing to choose from");
    return item;
  }

  #maybe(oneIn: number): boolean {
    return this.#choose(oneIn) === 0;
  }

  #value(field: Field): unknown {
    if (field.kind === "enum") return this.#one([...field.enumValues.values()]);
    if (field.type === "Boolean") return this.#maybe(2);
    return field.type === "Int" ? 1 + this.#choose(4) : this.#one(this.#texts);
  }

  #unique(model: Model): Args {
    const rows = this.#rowsOf(model.name);
    if (rows.length > 0 && this.#maybe(3)) return this.#remembered(model, this.#one(rows));
    const where = this.#key(model);
    // A second key, or a further filter.
    if (this.#maybe(4))
      Object.assign(where, this.#maybe(2) ? this.#filter(model, 0) : { AND: [this.#filter(model, 0)] });
    return where;
  }

  /** A row by its primary key and all that is known of it. */
  #remembered(model: Model, row: Readonly<Args>): Args {
    const columns = scalarsOf(model).map(({ name }) => [name, row[name]] as const);
    const [key] = keysOf(model);
    const values = Object.fromEntries(columns.filter(([name]) => key?.fields.includes(name)));
    const where = key && key.fields.length > 1 ? { [key.selector]: values } : values;
    return { ...where, AND: [Object.fromEntries(columns.filter(([name]) => !(name in values)))] };
  }

  #key(model: Model): Args {
    const { selector, fields } = this.#one(keysOf(model));
    const rows = this.#rowsOf(model.name);
    const row = rows.length > 0 && !this.#maybe(5) ? this.#one(rows) : {};
    const values = Object.fromEntries(
      fields.map((name) => [name, row[name] ?? this.#value(model.fields.get(name) as Field)]),
    );
    return fields.length > 1 ? { [selector]: values } : values;
  }

  #filter(model: Model, depth: number): Args {
    const scalars = scalarsOf(model);
    // Columns that lists are asked for by, more often.
    const common = scalars.filter(
      ({ name, kind, type }) => kind === "enum" || type === "Boolean" || isForeignKey(model, name),
    );
    const field = this.#one(common.length > 0 && this.#maybe(2) ? common : scalars);
    const relations = [...model.relations.values()];
    switch (this.#choose(depth > 0 ? 9 : 3)) {
      case 0: {
        const value = field.isNullable && this.#maybe(6) ? null : this.#value(field);
        return { [field.name]: this.#maybe(3) ? { equals: value } : value };
      }
      case 1:
        return { [field.name]: { in: [this.#value(field), this.#value(field)] } };
      case 2:
        return field.type === "Int"
          ? { [field.name]: { gt: this.#choose(4) } }
          : { [field.name]: { not: this.#value(field) } };
      case 3:
        return { AND: [this.#filter(model, depth - 1), this.#filter(model, depth - 1)] };
      case 4:
        return { OR: [this.#filter(model, depth - 1), this.#filter(model, depth - 1)] };
      case 5:
        return { NOT: this.#filter(model, depth - 1) };
      case 6:
      case 7: {
        const relation = relations[this.#choose(relations.length || 1)];
        if (!relation) return {};
        const other = this.#model(relation);
        const operator = this.#one(relation.kind === "many" ? ["some", "every", "none"] : ["is", "isNot"]);
        return { [relation.field]: { [operator]: this.#filter(other, this.#maybe(2) ? 0 : depth - 1) } };
      }
      default:
        return {};
    }
  }

  #include(model: Model, depth: number): Args {
    const include: Args = {};
    for (const relation of model.relations.values()) {
      if (!this.#maybe(4)) continue;
      const nested: Args = {};
      const other = this.#model(relation);
      if (relation.kind === "many" && this.#maybe(2)) nested["where"] = this.#filter(other, 1);
      if (relation.kind === "many" && this.#maybe(6)) nested["take"] = 1;
      if (relation.kind === "many" && this.#maybe(6)) nested["cursor"] = this.#key(other);
      if (depth > 0 && this.#maybe(2)) nested["include"] = this.#include(other, depth - 1);
      include[relation.field] = Object.keys(nested).length > 0 ? nested : true;
    }
    if (this.#maybe(6)) include["_count"] = true;
    return include;
  }

  #order(model: Model): Args {
    const relation = this.#maybe(3)
      ? [...model.relations.values()][this.#choose(model.relations.size || 1)]
      : undefined;
    if (!relation) return {};
    const field = relation.kind === "many" ? "_count" : this.#one(scalarsOf(this.#model(relation))).name;
    return { orderBy: { [relation.field]: { [field]: "asc" } } };
  }

  #returned(model: Model): Args {
    if (!this.#maybe(2)) return {};
    return { select: { [this.#one(scalarsOf(model)).name]: true } };
  }

  /** The data of a new row. `without`: columns that its place in a nested write gives it. */
  #created(model: Model, depth: number, without: readonly string[] = [], from?: Relation): Args {
    const data: Args = {};
    const given = new Set(without);
    if (depth > 0) this.#nested(model, data, depth, true, given, from);
    for (const field of scalarsOf(model)) {
      if (given.has(field.name) || ((field.isNullable || field.name in DEFAULTS) && this.#maybe(2))) continue;
      data[field.name] = this.#value(field);
    }
    return data;
  }

  #updated(model: Model, depth: number, from?: Relation): Args {
    const data: Args = {};
    const given = new Set<string>();
    if (depth > 0) this.#nested(model, data, depth, false, given, from);
    for (const field of scalarsOf(model)) {
      if (given.has(field.name) || !this.#maybe(3)) continue;
      if (field.isNullable && this.#maybe(4)) data[field.name] = null;
      else if (field.type === "Int" && this.#maybe(5)) data[field.name] = { increment: 1 };
      else data[field.name] = this.#maybe(5) ? { set: this.#value(field) } : this.#value(field);
    }
    return data;
  }

  /** `from`: the relation that led here, which Prisma does not let a nested write follow back. */
  #nested(model: Model, data: Args, depth: number, isNew: boolean, given: Set<string>, from?: Relation): void {
    const relations = [...model.relations.values()].filter(
      ({ field, relationName }) => field !== from?.otherField || relationName !== from.relationName,
    );
    if (relations.length === 0) return;
    const chosen = this.#maybe(4) ? [this.#one(relations), this.#one(relations)] : [this.#one(relations)];
    for (const relation of chosen) {
      data[relation.field] = this.#relationWrite(relation, depth - 1, isNew);
      if (relation.holdsForeignKey) for (const field of relation.fields) given.add(field);
    }
  }

  #relationWrite(relation: Relation, depth: number, isNew: boolean): Args {
    const other = this.#model(relation);
    // On the side of the key the parent gives its columns.
    const without = relation.holdsForeignKey || relation.joinTable !== null ? [] : relation.fields;
    const create = () => this.#created(other, depth, without, relation);
    const update = () => this.#updated(other, depth, relation);
    const unique = () => this.#unique(other);
    const isList = relation.kind === "many";
    const always: (() => Args)[] = [
      () => ({ create: create() }),
      () => ({ connect: unique() }),
      () => ({ connectOrCreate: { where: unique(), create: create() } }),
    ];
    const toOne: (() => Args)[] = [
      () => ({ disconnect: true }),
      () => ({ update: update() }),
      () => ({ upsert: { update: update(), create: create() } }),
      () => ({ delete: true }),
    ];
    const toMany: (() => Args)[] = [
      () => ({ connect: [unique(), unique()] }),
      () => ({ disconnect: [unique()] }),
      () => ({ set: this.#maybe(2) ? [] : [unique()] }),
      () => ({ update: { where: unique(), data: update() } }),
      () => ({ updateMany: { where: this.#filter(other, 0), data: this.#updated(other, 0) } }),
      () => ({ upsert: { where: unique(), update: update(), create: create() } }),
      () => ({ delete: unique() }),
      () => ({ deleteMany: this.#filter(other, 0) }),
      () => ({ create: [create()], disconnect: unique() }),
      () =>
        relation.joinTable === null
          ? { createMany: { data: [this.#created(other, 0, without)] } }
          : { create: create() },
    ];
    return this.#one(isNew ? always : [...always, ...(isList ? toMany : toOne)])();
  }

  #model(relation: Relation): Model {
    return this.#dataModel.models.get(relation.otherModel) as Model;
  }
}

/** `findFirst` takes no compound selectors. */
function flat(model: Model, where: Args): Args {
  return Object.fromEntries(
    Object.entries(where).flatMap(([name, value]) =>
      model.selectors.has(name) ? Object.entries(value as Args) : [[name, value] as const],
    ),
  );
}

function isForeignKey(model: Model, name: string): boolean {
  return [...model.relations.values()].some(({ holdsForeignKey, fields }) => holdsForeignKey && fields.includes(name));
}

function scalarsOf(model: Model): Field[] {
  return [...model.fields.values()].filter(({ kind }) => kind !== "relation");
}

function keysOf(model: Model): { selector: string; fields: readonly string[] }[] {
  const fields = model.primaryKey ?? [];
  return [{ selector: fields.join("_"), fields }, ...model.uniques];
}
