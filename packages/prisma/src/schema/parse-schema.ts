import { NO_TRACKING, type DataModel, type Field, type Model, type UniqueKey } from "./data-model.js";
import { resolveRelations, type RelationField } from "./resolve-relations.js";
import {
  argument,
  namesOf,
  readAssignment,
  readAttributes,
  readBlocks,
  SchemaSyntaxError,
  stringOf,
  type Attribute,
  type Block,
  type Token,
} from "./schema-text.js";

/**
 * The data model that the text of a schema describes. Models and fields with `@ignore` are in it: no query can name
 * them, yet referential actions pass through them.
 * @throws SchemaSyntaxError
 */
export function parseSchema(text: string, provider?: string): DataModel {
  const blocks = readBlocks(text);
  const enums = new Map(
    blocks.filter((block) => block.keyword === "enum").map((block) => [block.name, readEnum(block)]),
  );
  const modelBlocks = blocks.filter((block) => block.keyword === "model" || block.keyword === "view");
  if (modelBlocks.length === 0) throw new SchemaSyntaxError("there is no model in the schema");
  const modelNames = new Set(modelBlocks.map((block) => block.name));
  const drafts = modelBlocks.map((block) => readModel(block, modelNames, enums));
  const relations = resolveRelations(drafts);
  const models = new Map<string, Model>();
  for (const { relationFields: _, ...draft } of drafts) {
    models.set(draft.name, { ...draft, relations: relations.get(draft.name) ?? new Map() });
  }
  return {
    provider: normalProvider(provider ?? datasourceSetting(blocks, "provider") ?? "unknown"),
    isPrecise: true,
    hasForeignKeys: datasourceSetting(blocks, "relationMode") !== "prisma",
    models,
  };
}

export function normalProvider(provider: string): string {
  return provider === "postgres" ? "postgresql" : provider === "mariadb" ? "mysql" : provider;
}

function datasourceSetting(blocks: readonly Block[], key: string): string | undefined {
  const datasource = blocks.find((block) => block.keyword === "datasource");
  const assignments = (datasource?.lines ?? []).map(readAssignment);
  return stringOf(assignments.find((assignment) => assignment?.key === key)?.value);
}

type Draft = Omit<Model, "relations"> & { readonly relationFields: readonly RelationField[] };

function readModel(
  block: Block,
  modelNames: ReadonlySet<string>,
  enums: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Draft {
  const fields = new Map<string, Field>();
  const relationFields: RelationField[] = [];
  const uniques: UniqueKey[] = [];
  const selectors = new Map<string, readonly string[]>();
  let primaryKey: readonly string[] | null = null;
  let table = block.name;
  let databaseSchema: string | null = null;

  const addKey = (isPrimary: boolean, names: readonly string[], given: string | undefined, isPartial: boolean) => {
    const selector = given ?? names.join("_");
    if (names.length > 1) selectors.set(selector, names);
    if (isPrimary) primaryKey = names;
    // Several rows may share a value of a partial key, so that it names no row.
    else if (!isPartial) uniques.push({ selector, fields: names });
  };

  for (const line of block.lines) {
    if (line[0]?.text === "@@" && line[0].kind === "mark") {
      const [attribute] = readAttributes(line, 0);
      if (!attribute) continue;
      const name = stringOf(argument(attribute, "name", 0));
      if (attribute.name === "map") table = name ?? table;
      else if (attribute.name === "schema") databaseSchema = stringOf(argument(attribute, "map", 0)) ?? null;
      else if (attribute.name === "id" || attribute.name === "unique") {
        const names = namesOf(argument(attribute, "fields", 0));
        if (!names) throw new SchemaSyntaxError(`@@${attribute.name} of ${block.name} names no fields`);
        addKey(attribute.name === "id", names, stringOf(argument(attribute, "name")), isPartialKey(attribute));
      }
      continue;
    }
    const { field, attributes } = readField(line, modelNames, enums);
    fields.set(field.name, field);
    if (field.kind === "relation") {
      relationFields.push({ field, relation: attributes.find((attribute) => attribute.name === "relation") ?? null });
    }
    for (const attribute of attributes) {
      if (attribute.name === "id") addKey(true, [field.name], undefined, false);
      if (attribute.name === "unique") addKey(false, [field.name], undefined, isPartialKey(attribute));
    }
  }

  for (const names of [...uniques.map((unique) => unique.fields), primaryKey ?? []]) {
    const unknown = names.find((name) => !fields.has(name));
    if (unknown !== undefined) throw new SchemaSyntaxError(`a key of ${block.name} names the unknown field ${unknown}`);
  }
  return {
    name: block.name,
    table,
    databaseSchema,
    fields,
    relationFields,
    primaryKey,
    uniques,
    selectors,
    isView: block.keyword === "view",
    tracking: NO_TRACKING,
  };
}

function isPartialKey(attribute: Attribute): boolean {
  return argument(attribute, "where") !== undefined;
}

function readField(
  line: readonly Token[],
  modelNames: ReadonlySet<string>,
  enums: ReadonlyMap<string, ReadonlyMap<string, string>>,
): { field: Field; attributes: Attribute[] } {
  const [name, type] = line;
  if (name?.kind !== "word" || type?.kind !== "word") {
    throw new SchemaSyntaxError(`not a field: ${line.map((token) => token.text).join(" ")}`);
  }
  let at = 2;
  const isUnsupported = type.text === "Unsupported" && line[at]?.text === "(";
  if (isUnsupported) at += 3;
  let isList = false;
  let isNullable = false;
  for (; at < line.length && line[at]?.text !== "@"; at++) {
    const mark = line[at]?.text;
    if (mark === "[") isList = true;
    else if (mark === "?") isNullable = true;
    else if (mark !== "]") throw new SchemaSyntaxError(`unexpected ${JSON.stringify(mark)} after ${name.text}`);
  }
  const attributes = readAttributes(line, at);
  const column = attributes.find((attribute) => attribute.name === "map");
  const field: Field = {
    name: name.text,
    column: (column && stringOf(argument(column, "name", 0))) ?? name.text,
    kind: isUnsupported
      ? "unsupported"
      : modelNames.has(type.text)
        ? "relation"
        : enums.has(type.text)
          ? "enum"
          : "scalar",
    type: type.text,
    isList,
    isNullable,
    nativeType: attributes.find((attribute) => attribute.name.startsWith("db."))?.name.slice(3) ?? null,
    enumValues: enums.get(type.text) ?? NO_VALUES,
    isComputed: attributes.some(isComputedDefault),
    isIgnored: attributes.some((attribute) => attribute.name === "ignore"),
    isUpdatedAt: attributes.some((attribute) => attribute.name === "updatedAt"),
    defaultValue: defaultOf(attributes),
  };
  return { field, attributes };
}

const NO_VALUES: ReadonlyMap<string, string> = new Map();

/** What makes another value each time makes a default: no database lets a column that it computes from others call it. */
const FRESH_VALUE =
  /\b(?:gen_random_uuid|uuid_generate_v[145](?:mc)?|uuidv[47]|uuid|unique_rowid|newid|newsequentialid|nextval|now|random|randomblob|rand)\s*\(|\bcurrent_timestamp\b/i;

function isComputedDefault(attribute: Attribute): boolean {
  if (attribute.name !== "default") return false;
  const value = argument(attribute, "value", 0);
  if (value?.kind !== "call" || value.name !== "dbgenerated") return false;
  return !FRESH_VALUE.test(stringOf(value.args[0]?.value) ?? "");
}

function defaultOf(attributes: readonly Attribute[]): string | boolean | null | undefined {
  if (attributes.some(({ name }) => name === "updatedAt")) return undefined;
  const attribute = attributes.find(({ name }) => name === "default");
  if (!attribute) return null;
  const value = argument(attribute, "value", 0);
  if (value?.kind === "string") return value.text;
  if (value?.kind !== "word") return undefined;
  return value.text === "true" || value.text === "false" ? value.text === "true" : value.text;
}

/** Every spelling of a value, the database's own included, by the value's name. */
function readEnum(block: Block): ReadonlyMap<string, string> {
  const values = block.lines.flatMap((line) => {
    const [name] = line;
    if (name?.kind !== "word") return [];
    const map = readAttributes(line, 1).find((attribute) => attribute.name === "map");
    return [{ name: name.text, stored: map && stringOf(argument(map, "name", 0)) }];
  });
  const spellings = new Map(values.map(({ name }) => [name, name]));
  for (const { name, stored } of values) {
    if (stored === undefined || stored === name) continue;
    // One value's column spelling is another one's name: neither can be told from its spelling.
    if (spellings.has(stored)) {
      spellings.delete(stored);
    } else spellings.set(stored, name);
  }
  return spellings;
}
