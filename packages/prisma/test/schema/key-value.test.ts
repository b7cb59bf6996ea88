import { Decimal } from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Field } from "../../src/schema/data-model.js";
import { isTaggable, keySpelling, keyValue } from "../../src/schema/key-value.js";
import { dataModelOf } from "./prisma-oracle.js";
import { MYSQL, SHOP, SQLSERVER } from "./schemas.js";

function fieldOf(type: string, nativeType: string | null = null, rest: Partial<Field> = {}): Field {
  return {
    name: "field",
    column: "field",
    kind: "scalar",
    type,
    isList: false,
    isNullable: false,
    nativeType,
    enumValues: new Map(),
    isComputed: false,
    isIgnored: false,
    isUpdatedAt: false,
    defaultValue: null,
    ...rest,
  };
}

test.each([
  ["postgresql", fieldOf("Int"), "integer"],
  ["postgresql", fieldOf("BigInt", "BigInt"), "integer"],
  ["mysql", fieldOf("Int", "UnsignedInt"), "integer"],
  ["mysql", fieldOf("Int", "Year"), "none"],
  ["sqlite", fieldOf("Boolean"), "boolean"],
  ["postgresql", fieldOf("String"), "text"],
  ["sqlite", fieldOf("String"), "text"],
  ["cockroachdb", fieldOf("String", "String"), "text"],
  ["postgresql", fieldOf("String", "VarChar"), "text"],
  ["postgresql", fieldOf("String", "Citext"), "folded"],
  ["postgresql", fieldOf("String", "Char"), "folded"],
  ["postgresql", fieldOf("String", "Uuid"), "uuid"],
  ["postgresql", fieldOf("String", "Inet"), "none"],
  ["postgresql", fieldOf("String", "Xml"), "none"],
  ["postgresql", fieldOf("String", "VarBit"), "none"],
  ["mysql", fieldOf("String"), "folded"],
  ["mysql", fieldOf("String", "VarChar"), "folded"],
  ["sqlserver", fieldOf("String", "NVarChar"), "folded"],
  ["sqlserver", fieldOf("String", "UniqueIdentifier"), "uuid"],
  ["unknown", fieldOf("String"), "none"],
  ["postgresql", fieldOf("DateTime"), "instant"],
  ["postgresql", fieldOf("DateTime", "Timestamp"), "none"],
  ["postgresql", fieldOf("DateTime", "Date"), "none"],
  ["postgresql", fieldOf("Decimal"), "decimal"],
  ["postgresql", fieldOf("Decimal", "Money"), "none"],
  ["sqlite", fieldOf("Decimal"), "none"],
  ["postgresql", fieldOf("Float"), "none"],
  ["postgresql", fieldOf("Bytes"), "none"],
  ["postgresql", fieldOf("Json"), "none"],
  ["postgresql", fieldOf("Int", null, { isList: true }), "none"],
  ["postgresql", fieldOf("point", null, { kind: "unsupported" }), "none"],
  ["mysql", fieldOf("Role", null, { kind: "enum" }), "enum"],
] as const)("on %s, %o is compared as %s", (provider, field, spelling) => {
  expect(keySpelling(field, provider)).toBe(spelling);
});

describe("integers", () => {
  const int = fieldOf("Int");
  test.each([
    [5, "5"],
    [5n, "5"],
    ["5", "5"],
    ["-05", "-5"],
    [-0, "0"],
    [9007199254740993n, "9007199254740993"],
    [1.5, null],
    [2 ** 60, null],
    [Number.NaN, null],
    ["5.0", null],
    ["abc", null],
    [true, null],
    [null, null],
    [undefined, null],
  ])("%s", (value, spelled) => expect(keyValue(int, "postgresql", value)).toBe(spelled));

  test("whatever its type, a number has one spelling", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const spelled = keyValue(int, "sqlite", value);
        expect(spelled).not.toBeNull();
        expect(keyValue(int, "sqlite", BigInt(value))).toBe(spelled);
        expect(keyValue(int, "sqlite", String(BigInt(value)))).toBe(spelled);
      }),
    );
  });
});

test("booleans", () => {
  expect(keyValue(fieldOf("Boolean"), "sqlite", true)).toBe("true");
  expect(keyValue(fieldOf("Boolean"), "sqlite", false)).toBe("false");
  expect(keyValue(fieldOf("Boolean"), "sqlite", 1)).toBeNull();
});

test("an enum value has one spelling, by its name or by what is stored", () => {
  const role = dataModelOf(SHOP).models.get("User")?.fields.get("role");
  if (!role) throw new Error("no role");
  expect(keyValue(role, "postgresql", "ADMIN")).toBe("ADMIN");
  expect(keyValue(role, "postgresql", "admin")).toBe("ADMIN");
  expect(keyValue(role, "postgresql", "nobody")).toBeNull();
});

test("an enum value that may be either of two is not certain", () => {
  const text = `datasource db {\n  provider = "postgresql"\n}\nenum E {\n  A @map("B")\n  B @map("A")\n  C\n}\nmodel M {\n  id Int @id\n  e E\n}\n`;
  const field = dataModelOf(text).models.get("M")?.fields.get("e");
  if (!field) throw new Error("no field");
  expect(keyValue(field, "postgresql", "A")).toBeNull();
  expect(keyValue(field, "postgresql", "B")).toBeNull();
  expect(keyValue(field, "postgresql", "C")).toBe("C");
});

test("exact text is spelled as it is", () => {
  const text = fieldOf("String");
  for (const value of ["a", "A", "a ", "é", "", "😀"]) expect(keyValue(text, "postgresql", value)).toBe(value);
  expect(keyValue(text, "postgresql", 5)).toBeNull();
});

test("half a character is what the database makes of it, so not certain", () => {
  expect(keyValue(fieldOf("String"), "postgresql", "a\uD83D")).toBeNull();
  expect(keyValue(fieldOf("String"), "postgresql", "\uDE00a")).toBeNull();
});

test.each([
  ["0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5bd9cb469fa16570867728950e"],
  ["{0f8fad5bd9cb469fa16570867728950e}", "0f8fad5bd9cb469fa16570867728950e"],
  ["0f8f-ad5b-d9cb-469f-a165-7086-7728-950e", "0f8fad5bd9cb469fa16570867728950e"],
  ["not-a-uuid", null],
  [5, null],
])("uuid %s", (value, spelled) => expect(keyValue(fieldOf("String", "Uuid"), "postgresql", value)).toBe(spelled));

test.each<[unknown, string | null]>([
  ["1.0", "1"],
  ["1.00", "1"],
  [1, "1"],
  [new Decimal("1.000"), "1"],
  ["0001.50", "1.5"],
  ["-0.0", "0"],
  ["-0.50", "-0.5"],
  [0.1, "0.1"],
  [`0.${"1".repeat(30)}`, `0.${"1".repeat(30)}`],
  [`0.${"1".repeat(31)}`, null],
  ["1e5", null],
  [1e21, null],
  ["one", null],
  [null, null],
])("decimal %s", (value, spelled) => expect(keyValue(fieldOf("Decimal"), "postgresql", value)).toBe(spelled));

test.each<[unknown, string | null]>([
  [new Date(5), "5"],
  ["1970-01-01T00:00:00.005Z", "5"],
  ["1970-01-01T01:00:00.005+01:00", "5"],
  ["1970-01-01T00:00:00Z", "0"],
  // Finer than it is stored, or without a zone.
  ["1970-01-01T00:00:00.0051Z", null],
  ["1970-01-01T00:00:00", null],
  ["1970-01-01", null],
  [new Date(Number.NaN), null],
  [5, null],
])("moment %s", (value, spelled) => expect(keyValue(fieldOf("DateTime"), "postgresql", value)).toBe(spelled));

describe("text under an unknown collation", () => {
  const login = fieldOf("String");
  test.each([
    ["Ann", "ann  "],
    ["judy", "IUDI"],
    ["wivvy", "UIUUI"],
  ])("%s and %s may be equal", (a, b) => {
    expect(keyValue(login, "mysql", a)).toBe(keyValue(login, "mysql", b));
  });

  test.each([["é"], ["a\u00AD"], ["a\tb"], ["ß"], ["\u0000"]])("%j may equal any other value", (value) => {
    expect(keyValue(login, "mysql", value)).toBeNull();
  });

  test("leading spaces and punctuation count", () => {
    const spelled = [" a", "a", "a.b", "a b", "ab", "a-b"].map((value) => keyValue(login, "mysql", value));
    expect(new Set(spelled).size).toBe(6);
  });

  test("values that differ in case and padding alone have one spelling", () => {
    const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(ascii, fc.nat(3), (value, padding) => {
        expect(keyValue(login, "mysql", value.toUpperCase() + " ".repeat(padding))).toBe(
          keyValue(login, "mysql", value),
        );
      }),
    );
  });
});

test("keys that hold a type without spelling are not taggable", () => {
  const shop = dataModelOf(SHOP).models;
  const mysql = dataModelOf(MYSQL).models;
  const items = dataModelOf(SQLSERVER).models;
  const taggable = (model: ReturnType<typeof shop.get>, fields: string[], provider: string) =>
    model !== undefined && isTaggable(model, fields, provider);
  expect(taggable(shop.get("Reading"), ["at"], "postgresql")).toBe(false);
  expect(taggable(shop.get("Reading"), ["sensor"], "postgresql")).toBe(true);
  expect(taggable(shop.get("Country"), ["code"], "postgresql")).toBe(true);
  expect(taggable(shop.get("User"), ["tenant", "handle"], "postgresql")).toBe(true);
  expect(taggable(shop.get("User"), ["tenant", "nope"], "postgresql")).toBe(false);
  expect(taggable(shop.get("User"), [], "postgresql")).toBe(false);
  expect(taggable(mysql.get("Account"), ["born"], "mysql")).toBe(false);
  expect(taggable(mysql.get("Account"), ["login"], "mysql")).toBe(true);
  expect(taggable(items.get("Item"), ["id"], "sqlserver")).toBe(true);
});
