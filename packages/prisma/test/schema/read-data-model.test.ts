import { describe, expect, test } from "vitest";
import { readDataModel } from "../../src/schema/read-data-model.js";
import { dataModelOf, dmmfOf, runtimeDataModelOf, type DmmfModel } from "./prisma-oracle.js";
import { MYSQL, NASTY, SHOP, SQLITE, SQLSERVER } from "./schemas.js";

const SCHEMAS = { SHOP, NASTY, MYSQL, SQLITE, SQLSERVER };

/** All keys of a model as Prisma sees them, the primary one apart. */
function keysOf(model: DmmfModel) {
  const ids = model.fields.filter((field) => field.isId).map((field) => field.name);
  const singles = model.fields.filter((field) => field.isUnique).map((field) => [field.name]);
  return {
    primaryKey: model.primaryKey?.fields ?? (ids.length > 0 ? ids : null),
    uniques: [...singles, ...model.uniqueFields].map((fields) => fields.join()),
    selectors: [model.primaryKey, ...model.uniqueIndexes]
      .filter((key) => key !== null && key.fields.length > 1)
      .map((key) => [key?.name ?? key?.fields.join("_"), key?.fields]),
  };
}

describe.each(Object.entries(SCHEMAS))("%s, against Prisma's own parser", (_, text) => {
  const dmmf = dmmfOf(text);
  const dataModel = dataModelOf(text);
  const visible = new Set(dmmf.models.map((model) => model.name));

  test("is understood", () => expect(dataModel.isPrecise).toBe(true));

  test.each(dmmf.models.map((model) => [model.name, model] as const))("keys of %s", (name, expected) => {
    const model = dataModel.models.get(name);
    const keys = keysOf(expected);
    expect(model?.table).toBe(expected.dbName ?? name);
    expect(model?.databaseSchema ?? null).toBe(expected.schema ?? null);
    expect(model?.primaryKey ?? null).toEqual(keys.primaryKey);
    const uniques = model?.uniques.map(({ fields }) => fields.join()) ?? [];
    expect(new Set(uniques)).toEqual(new Set(keys.uniques));
    for (const [selector, fields] of keys.selectors) expect(model?.selectors.get(String(selector))).toEqual(fields);
  });

  test.each(dmmf.models.map((model) => [model.name, model] as const))("fields of %s", (name, { fields }) => {
    const model = dataModel.models.get(name);
    for (const expected of fields) {
      const field = model?.fields.get(expected.name);
      expect(field, expected.name).toMatchObject({
        type: expected.type,
        column: expected.dbName ?? expected.name,
        isList: expected.isList,
        kind: expected.kind === "object" ? "relation" : expected.kind,
        nativeType: expected.nativeType?.[0] ?? null,
      });
      if (!expected.isList) expect(field?.isNullable, expected.name).toBe(!expected.isRequired);
    }
  });

  test.each(dmmf.models.map((model) => [model.name, model] as const))("relations of %s", (name, { fields }) => {
    for (const expected of fields.filter((field) => field.kind === "object")) {
      const relation = dataModel.models.get(name)?.relations.get(expected.name);
      expect(relation).toMatchObject({
        otherModel: expected.type,
        relationName: expected.relationName,
        kind: expected.isList ? "many" : "one",
      });
      const other = dmmf.models
        .find((model) => model.name === expected.type)
        ?.fields.find((field) => field.name === relation?.otherField);
      expect(other).toMatchObject({ type: name, relationName: expected.relationName });
      const isHolder = (expected.relationFromFields?.length ?? 0) > 0;
      const holder = isHolder ? expected : other;
      expect(relation?.holdsForeignKey).toBe(isHolder);
      expect(relation?.fields).toEqual(holder?.relationFromFields);
      expect(relation?.references).toEqual(holder?.relationToFields);
      expect(relation?.joinTable !== null).toBe(holder?.relationFromFields?.length === 0);
      if (holder?.relationOnDelete) expect(relation?.onDelete).toBe(holder.relationOnDelete);
      if (holder?.relationOnUpdate) expect(relation?.onUpdate).toBe(holder.relationOnUpdate);
    }
  });

  test("enums and their spellings", () => {
    for (const { name, values } of dmmf.enums) {
      const field = [...dataModel.models.values()]
        .flatMap((model) => [...model.fields.values()])
        .find((f) => f.type === name);
      for (const value of values) {
        expect(field?.enumValues.get(value.name)).toBe(value.name);
        expect(field?.enumValues.get(value.dbName ?? value.name)).toBe(value.name);
      }
    }
  });

  test("has nothing that Prisma hides, but for what is ignored or unsupported", () => {
    const extra = [...dataModel.models.keys()].filter((name) => !visible.has(name));
    expect(extra).toEqual(text === NASTY ? ["Audit"] : []);
  });
});

test("Prisma's defaults of referential actions, and the names of join tables", () => {
  const { models } = dataModelOf(SHOP);
  const actions = (model: string, field: string) => {
    const relation = models.get(model)?.relations.get(field);
    return [relation?.onDelete, relation?.onUpdate];
  };
  expect(actions("Cart", "user")).toEqual(["SetNull", "Cascade"]);
  expect(actions("OrderLine", "product")).toEqual(["Restrict", "Cascade"]);
  expect(actions("Order", "user")).toEqual(["NoAction", "NoAction"]);
  expect(actions("User", "orders")).toEqual(["NoAction", "NoAction"]);
  expect(actions("Post", "editor")).toEqual(["SetDefault", "SetNull"]);
  expect(models.get("Post")?.relations.get("tags")).toMatchObject({ joinTable: "_PostToTag", joinModel: "_PostToTag" });
  expect(models.get("User")?.relations.get("friendOf")?.joinTable).toBe("_Friends");
  expect(models.get("Product")?.relations.get("fans")?.joinTable).toBe("_ProductToUser");
  const likes = dataModelOf(NASTY).models.get("Post")?.relations.get("likers");
  expect(likes).toMatchObject({ joinTable: "_Likes & such", joinModel: "_Likes%20%26%20such" });
});

test("ignored models take part in referential actions", () => {
  const audits = dataModelOf(NASTY).models.get("User")?.relations.get("audits");
  expect(audits).toMatchObject({ otherModel: "Audit", onDelete: "Cascade", holdsForeignKey: false });
});

test("partial keys are no keys", () => {
  const { models } = dataModelOf(NASTY);
  expect(models.get("Tag")?.uniques).toEqual([]);
  expect(models.get("Post")?.uniques.map(({ fields }) => fields.join())).not.toContain("f,slug");
});

test("columns that the database may compute from others are known", () => {
  const fields = dataModelOf(NASTY).models.get("User")?.fields;
  expect(fields?.get("gen")?.isComputed).toBe(true);
  expect(fields?.get("uid")?.isComputed).toBe(false);
  expect(fields?.get("id")?.isComputed).toBe(false);
});

test("views", () => {
  expect(dataModelOf(SHOP).models.get("Activity")?.isView).toBe(true);
  expect(dataModelOf(SHOP).models.get("User")?.isView).toBe(false);
});

test.each([
  ["postgres", "postgresql"],
  ["cockroachdb", "cockroachdb"],
])("the client's provider %s counts as %s", (provider, expected) => {
  const runtimeDataModel = runtimeDataModelOf(SHOP);
  expect(readDataModel({ runtimeDataModel, schemaText: SHOP, provider }).dataModel.provider).toBe(expected);
});

describe("falls back to the graph of relations", () => {
  const runtimeDataModel = runtimeDataModelOf(SHOP);

  test.each([
    ["without a text", undefined, /does not tell/],
    ["with an empty text", "", /does not tell/],
    ["with a text that cannot be read", "model User {\n  id Int @id(\n}\n", /cannot be read: .*unexpected end/],
    ["with a text that is not a schema", "hello", /cannot be read/],
    ["with a block that does not end", "model User {\n  id Int @id\n", /not closed/],
    ["with a schema without models", 'datasource db {\n  provider = "sqlite"\n}\n', /no model/],
    ["without one of the models", SHOP.replace(/model Reading \{[^}]*\}/, ""), /no model Reading/],
    ["without one of the fields", SHOP.replace("  street       String\n", ""), /no field Address\.street/],
    [
      "with a field of another type",
      SHOP.replace("street       String", "street Int"),
      /Address\.street is of type Int/,
    ],
    ["with another table", SHOP.replace('@@map("users")', '@@map("people")'), /User is stored in people/],
    ["with another relation name", SHOP.replaceAll('"Written"', '"Wrote"'), /belongs to the relation Wrote/],
    ["with a relation of one side", SHOP.replace("  addresses   Address[]\n", ""), /has no other side/],
    [
      "with a foreign key of half",
      SHOP.replace("references: [regionCode", "references: [x").replace(
        "[orderId], references: [id]",
        "[orderId], references: []",
      ),
      /cannot be read/,
    ],
    ["with an unknown action", SHOP.replace("onDelete: Restrict", "onDelete: Explode"), /referential action/],
    [
      "with a key of unknown fields",
      SHOP.replace("@@unique([authorId, title])", "@@unique([authorId, nope])"),
      /unknown field nope/,
    ],
  ])("%s", (_, schemaText, reason) => {
    const { dataModel, warning } = readDataModel({ runtimeDataModel, schemaText, provider: "postgresql" });
    expect(warning).toMatch(reason);
    expect(warning).toMatch(/option `schema`/);
    expect(dataModel.isPrecise).toBe(false);
    const user = dataModel.models.get("User");
    expect(user?.table).toBe("users");
    expect(user?.primaryKey).toBeNull();
    expect(user?.uniques).toEqual([]);
    expect(user?.relations.get("posts")?.otherModel).toBe("Post");
    expect([...dataModel.models.keys()].sort()).toEqual(Object.keys(runtimeDataModel.models).sort());
  });
});
