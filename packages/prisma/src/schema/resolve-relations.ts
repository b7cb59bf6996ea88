import type { Field, ReferentialAction, Relation } from "./data-model.js";
import { argument, namesOf, SchemaSyntaxError, stringOf, type Attribute } from "./schema-text.js";

/** A relation field as it stands in the schema, with its `@relation` if it has one. */
export interface RelationField {
  readonly field: Field;
  readonly relation: Attribute | null;
}

interface Side {
  readonly model: string;
  readonly field: Field;
  readonly givenName: string | undefined;
  readonly fields: readonly string[];
  readonly references: readonly string[];
  readonly onDelete: ReferentialAction | undefined;
  readonly onUpdate: ReferentialAction | undefined;
}

interface ModelDraft {
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
  readonly relationFields: readonly RelationField[];
}

/**
 * Pairs the relation fields of all models and fills in what Prisma assumes.
 * @throws SchemaSyntaxError where a side has no other side, or neither side says which columns hold the key
 */
export function resolveRelations(models: readonly ModelDraft[]): Map<string, Map<string, Relation>> {
  const sides = models.flatMap((model) => model.relationFields.map((relationField) => readSide(model, relationField)));
  const modelByName = new Map(models.map((model) => [model.name, model]));
  const resolved = new Map<string, Map<string, Relation>>();
  for (const side of sides) {
    const others = sides.filter((other) => other !== side && areTwoSides(side, other));
    const [other] = others;
    if (!other || others.length > 1) {
      throw new SchemaSyntaxError(`the relation ${side.model}.${side.field.name} has no other side, or several`);
    }
    const relations = resolved.get(side.model) ?? new Map<string, Relation>();
    relations.set(side.field.name, relate(side, other, modelByName));
    resolved.set(side.model, relations);
  }
  return resolved;
}

function readSide(model: ModelDraft, { field, relation }: RelationField): Side {
  return {
    model: model.name,
    field,
    givenName: relation ? stringOf(argument(relation, "name", 0)) : undefined,
    fields: (relation && namesOf(argument(relation, "fields"))) ?? [],
    references: (relation && namesOf(argument(relation, "references"))) ?? [],
    onDelete: relation ? readAction(relation, "onDelete") : undefined,
    onUpdate: relation ? readAction(relation, "onUpdate") : undefined,
  };
}

function areTwoSides(side: Side, other: Side): boolean {
  return side.field.type === other.model && other.field.type === side.model && side.givenName === other.givenName;
}

function relate(side: Side, other: Side, models: ReadonlyMap<string, ModelDraft>): Relation {
  const isManyToMany = side.field.isList && other.field.isList;
  const holder = side.fields.length > 0 ? side : other.fields.length > 0 ? other : null;
  if (!holder !== isManyToMany || holder?.fields.length !== holder?.references.length) {
    throw new SchemaSyntaxError(`the relation ${side.model}.${side.field.name} has no foreign key, or half of one`);
  }
  const relationName = side.givenName ?? [side.model, other.model].sort().join("To");
  const columns = holder?.fields.map((name) => models.get(holder.model)?.fields.get(name)) ?? [];
  const isRequired = columns.every((column) => column?.isNullable === false);
  return {
    field: side.field.name,
    model: side.model,
    otherModel: other.model,
    otherField: other.field.name,
    relationName,
    kind: side.field.isList ? "many" : "one",
    otherKind: other.field.isList ? "many" : "one",
    holdsForeignKey: holder === side,
    fields: holder?.fields ?? [],
    references: holder?.references ?? [],
    // The rows of an implicit many-to-many go with the rows that they connect.
    onDelete: holder ? (holder.onDelete ?? (isRequired ? "Restrict" : "SetNull")) : "Cascade",
    onUpdate: holder ? (holder.onUpdate ?? "Cascade") : "Cascade",
    joinTable: isManyToMany ? `_${relationName}` : null,
    // The name of a relation may hold any character, that of a model in a tag may not.
    joinModel: isManyToMany ? `_${relationName.replaceAll(/\W/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}` : null,
  };
}

const ACTIONS: ReadonlySet<string> = new Set<ReferentialAction>([
  "Cascade",
  "Restrict",
  "NoAction",
  "SetNull",
  "SetDefault",
]);

function readAction(relation: Attribute, name: string): ReferentialAction | undefined {
  const value = argument(relation, name);
  if (value === undefined) return undefined;
  if (value.kind !== "word" || !ACTIONS.has(value.text)) {
    throw new SchemaSyntaxError(`${name} is not a referential action that is known`);
  }
  return value.text as ReferentialAction;
}
