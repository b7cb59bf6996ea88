import { Decimal } from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import type { ShapedQuery } from "../../src/codec/result-shape.js";

/** A query on a schema, and what it might answer. */
export interface GeneratedResult {
  readonly schema: string;
  readonly query: ShapedQuery;
  readonly value: unknown;
}

type Values = fc.Arbitrary<unknown>;

/** Any UTF-16, halves of pairs included; and text as people write it. */
const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }) },
  { weight: 1, arbitrary: fc.array(fc.nat(0xff), { maxLength: 8 }).map((codes) => String.fromCharCode(...codes)) },
  { weight: 1, arbitrary: fc.array(fc.nat(0xff_ff), { maxLength: 8 }).map((codes) => String.fromCharCode(...codes)) },
);

const decimals: Values = fc
  .oneof(
    fc.tuple(fc.integer(), fc.nat(9)).map(([digits, scale]) => `${digits}e-${scale}`),
    fc
      .tuple(fc.bigInt({ min: -(10n ** 70n), max: 10n ** 70n }), fc.nat(80))
      .map(([digits, scale]) => `${digits}e-${scale}`),
    fc.tuple(fc.integer(), fc.integer({ min: -3000, max: 3000 })).map(([digits, exponent]) => `${digits}e${exponent}`),
    fc.constantFrom(
      "0",
      "-0",
      "1e15",
      "9007199254740991",
      "9007199254740993",
      "0.0000001",
      "1e-8",
      "-19.90",
      "NaN",
      "Infinity",
      "-Infinity",
    ),
  )
  .map((text) => new Decimal(text));

const names = fc
  .oneof(texts, fc.constantFrom("__proto__", "constructor", "toJSON", "0", "10", "a.b", ""))
  .filter((name) => name.length !== 1 || JSON.stringify(name).length === 3);

/** JSON that comes back exactly: no -0, no names that V8 may misread. */
const json: Values = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false),
      texts,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.array(fc.tuple(names, tie("value")), { maxLength: 3 }).map((entries) => {
        // JSON.parse makes "__proto__" a property like any other.
        return JSON.parse(
          `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`,
        ) as object;
      }),
    ),
  }))
  .value.map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const VALUES: Readonly<Record<string, Values>> = {
  Int: fc.oneof(fc.integer(), fc.nat(200), fc.maxSafeInteger()),
  Float: fc.oneof(
    fc.double(),
    fc.integer({ min: -10_000, max: 10_000 }).map((hundredths) => hundredths / 100),
    fc.constant(-0),
  ),
  BigInt: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat().map(BigInt)),
  Decimal: decimals,
  Boolean: fc.boolean(),
  String: texts,
  Role: fc.constantFrom("USER", "STAFF", "ADMIN"),
  DateTime: fc.oneof(
    fc.date({ noInvalidDate: true }),
    fc.date({ noInvalidDate: true, min: new Date("2020-01-01"), max: new Date("2026-01-01") }),
    fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }).map((seconds) => new Date(seconds * 1000)),
    fc.constantFrom(-8.64e15, 8.64e15, 0).map((time) => new Date(time)),
  ),
  Bytes: fc.uint8Array({ maxLength: 80 }).map((bytes) => new Uint8Array(bytes)),
  Json: json,
};

interface GeneratedField {
  readonly name: string;
  readonly type: string;
  readonly mark: "" | "?" | "[]";
}

const fields = (model: string): fc.Arbitrary<readonly GeneratedField[]> =>
  fc
    .array(
      fc.record({
        type: fc.constantFrom(...Object.keys(VALUES)),
        mark: fc.constantFrom("", "", "?", "[]") as fc.Arbitrary<GeneratedField["mark"]>,
      }),
      {
        maxLength: 7,
      },
    )
    .map((drawn) => drawn.map(({ type, mark }, i) => ({ name: `${model.toLowerCase()}${i}`, type, mark })));

interface GeneratedModel {
  readonly fields: readonly GeneratedField[];
  /** To-one relations that may be missing have a "?". */
  readonly relations: Readonly<Record<string, { readonly model: string; readonly mark: "" | "?" | "[]" }>>;
}

type Schema = Readonly<Record<string, GeneratedModel>>;

const ID: GeneratedField = { name: "id", type: "Int", mark: "" };
const foreignKey = (name: string, mark: "" | "?"): GeneratedField => ({ name, type: "Int", mark });

const schemas: fc.Arbitrary<Schema> = fc
  .tuple(fields("Shop"), fields("Item"), fields("Label"))
  .map(([shop, item, label]) => ({
    Shop: {
      fields: [ID, ...shop, foreignKey("labelId", "?")],
      relations: { label: { model: "Label", mark: "?" }, items: { model: "Item", mark: "[]" } },
    },
    Item: { fields: [ID, ...item, foreignKey("shopId", "")], relations: { shop: { model: "Shop", mark: "" } } },
    Label: { fields: [ID, ...label], relations: { shops: { model: "Shop", mark: "[]" } } },
  }));

const KEYS: Readonly<Record<string, string>> = {
  label: " @relation(fields: [labelId], references: [id])",
  shop: " @relation(fields: [shopId], references: [id])",
};

function spellSchema(schema: Schema): string {
  const models = Object.entries(schema).map(([name, { fields: columns, relations }]) => {
    const lines = [
      ...columns.map((field) => `  ${field.name} ${field.type}${field.mark}${field.name === "id" ? " @id" : ""}`),
      ...Object.entries(relations).map(([field, { model, mark }]) => `  ${field} ${model}${mark}${KEYS[field] ?? ""}`),
    ];
    return `model ${name} {\n${lines.join("\n")}\n}`;
  });
  return `datasource db {\n  provider = "postgresql"\n}\nenum Role {\n  USER\n  STAFF\n  ADMIN\n}\n${models.join("\n")}`;
}

interface Selection {
  readonly args: Readonly<Record<string, unknown>>;
  readonly rows: Values;
}

/** A selection, and rows that it might show: all in one order, which is none that anybody promises. */
function selections(schema: Schema, model: string, depth: number): fc.Arbitrary<Selection> {
  const { fields: columns, relations } = schema[model]!;
  const columnNames = columns.map(({ name }) => name);
  const related = depth === 0 ? [] : Object.keys(relations);
  return fc
    .record({
      kind: fc.constantFrom("all", "select", "include", "omit"),
      chosen: fc.subarray(columnNames, { minLength: 1 }),
      below: fc.subarray(related),
      counts: fc.boolean(),
    })
    .chain(({ kind, chosen, below, counts }) =>
      fc.tuple(...below.map((name) => selections(schema, relations[name]!.model, depth - 1))).chain((inner) => {
        const shown =
          kind === "all" || kind === "include"
            ? columnNames
            : kind === "select"
              ? chosen
              : columnNames.filter((name) => name === "id" || !chosen.includes(name));
        const hasRelations = kind === "select" || kind === "include";
        const lists = Object.keys(relations).filter((name) => relations[name]!.mark === "[]");
        const parts: [name: string, values: Values][] = shown.map((name) => [
          name,
          columnValues(columns.find((field) => field.name === name)!),
        ]);
        const selection: Record<string, unknown> = {};
        if (kind === "select") for (const name of chosen) selection[name] = true;
        if (hasRelations) {
          below.forEach((name, i) => {
            const { args, rows } = inner[i]!;
            const { mark } = relations[name]!;
            selection[name] = Object.keys(args).length === 0 ? true : args;
            parts.push([
              name,
              mark === "[]" ? fc.array(rows, { maxLength: 3 }) : mark === "?" ? fc.option(rows) : rows,
            ]);
          });
          if (counts && lists.length > 0) {
            selection["_count"] = true;
            parts.push([
              "_count",
              fc.record(Object.fromEntries(lists.map((name) => [name, fc.nat(1000)]))).map((row) => ({ ...row })),
            ]);
          }
        }
        const args =
          kind === "select"
            ? { select: selection }
            : kind === "include"
              ? Object.keys(selection).length > 0
                ? { include: selection }
                : {}
              : kind === "omit"
                ? {
                    omit: Object.fromEntries(
                      columnNames.filter((name) => !shown.includes(name)).map((name) => [name, true]),
                    ),
                  }
                : {};
        return fc.shuffledSubarray(parts, { minLength: parts.length, maxLength: parts.length }).map((ordered) => ({
          args,
          rows: fc
            .tuple(...ordered.map(([, values]) => values))
            .map((row) => Object.fromEntries(ordered.map(([name], i) => [name, row[i]]))),
        }));
      }),
    );
}

function columnValues({ type, mark }: GeneratedField): Values {
  const values = VALUES[type]!;
  if (mark === "[]") return fc.array(values, { maxLength: 4 });
  // A null of Json and one of the database look alike.
  return mark === "?" ? fc.option(values) : values;
}

/** Results of reads of rows, of every type, to some depth. */
export const generatedResults: fc.Arbitrary<GeneratedResult> = schemas.chain((schema) =>
  fc.record({ model: fc.constantFrom(...Object.keys(schema)), isList: fc.boolean() }).chain(({ model, isList }) =>
    selections(schema, model, 2).chain(({ args, rows }) =>
      (isList ? fc.array(rows, { maxLength: 12 }) : fc.option(rows)).map((value) => ({
        schema: spellSchema(schema),
        query: { model, operation: isList ? "findMany" : "findFirst", args },
        value,
      })),
    ),
  ),
);
