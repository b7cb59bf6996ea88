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

const VALUES: ReadonlyMap<string, Values> = new Map<string, Values>(
  Object.entries({
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
  }),
);

type Mark = "" | "?" | "[]";

interface GeneratedField {
  readonly name: string;
  readonly type: string;
  readonly mark: Mark;
}

const marks = fc.constantFrom<Mark[]>("", "", "?", "[]");

function fieldsOf(model: string): fc.Arbitrary<readonly GeneratedField[]> {
  const drawn = fc.array(fc.record({ type: fc.constantFrom(...VALUES.keys()), mark: marks }), { maxLength: 7 });
  return drawn.map((fields) => fields.map((field, i) => ({ name: `${model.toLowerCase()}${i}`, ...field })));
}

interface GeneratedModel {
  readonly columns: readonly GeneratedField[];
  /** Their type is the other model. */
  readonly relations: readonly GeneratedField[];
}

type Schema = ReadonlyMap<string, GeneratedModel>;

const ID: GeneratedField = { name: "id", type: "Int", mark: "" };

const schemas: fc.Arbitrary<Schema> = fc
  .tuple(fieldsOf("Shop"), fieldsOf("Item"), fieldsOf("Label"))
  .map(([shop, item, label]) => {
    const models: [string, GeneratedModel][] = [
      [
        "Shop",
        {
          columns: [ID, ...shop, { name: "labelId", type: "Int", mark: "?" }],
          relations: [
            { name: "label", type: "Label", mark: "?" },
            { name: "items", type: "Item", mark: "[]" },
          ],
        },
      ],
      [
        "Item",
        {
          columns: [ID, ...item, { name: "shopId", type: "Int", mark: "" }],
          relations: [{ name: "shop", type: "Shop", mark: "" }],
        },
      ],
      ["Label", { columns: [ID, ...label], relations: [{ name: "shops", type: "Shop", mark: "[]" }] }],
    ];
    return new Map(models);
  });

function spellSchema(schema: Schema): string {
  const spell = ({ name, type, mark }: GeneratedField, isKey: boolean) => {
    const key = isKey && mark !== "[]" ? ` @relation(fields: [${name}Id], references: [id])` : "";
    return `  ${name} ${type}${mark}${name === "id" ? " @id" : key}`;
  };
  const models = [...schema].map(([name, { columns, relations }]) => {
    const lines = [...columns.map((field) => spell(field, false)), ...relations.map((field) => spell(field, true))];
    return `model ${name} {\n${lines.join("\n")}\n}`;
  });
  const head = 'datasource db {\n  provider = "postgresql"\n}\nenum Role {\n  USER\n  STAFF\n  ADMIN\n}';
  return [head, ...models].join("\n");
}

/** What a query says, and rows that it might show. */
interface Selection {
  readonly args: Readonly<Record<string, unknown>>;
  readonly rows: Values;
}

/** A property of a row: its values, and what the selection says of it. */
interface Part {
  readonly name: string;
  readonly values: Values;
  readonly asked: unknown;
}

/** All rows in one place have one order, which is none that anybody promises. */
function selections(schema: Schema, model: string, depth: number): fc.Arbitrary<Selection> {
  const { columns, relations } = schema.get(model)!;
  const scalars = columns.map((field): Part => ({ name: field.name, values: columnValues(field), asked: true }));
  const related = fc
    .subarray(depth === 0 ? [] : [...relations])
    .chain((chosen) => fc.tuple(...chosen.map((relation) => relatedPart(schema, relation, depth - 1))));
  const counts = fc.subarray(countsParts(relations));
  return fc.oneof(
    rowsOf(fc.constant(scalars), () => ({})),
    rowsOf(fc.subarray(scalars, { minLength: 1 }), (shown) => {
      const omitted = scalars.filter((part) => !shown.includes(part));
      return { omit: Object.fromEntries(omitted.map(({ name }) => [name, true])) };
    }),
    rowsOf(
      fc.tuple(related, counts).map((more) => [...scalars, ...more.flat()]),
      (shown) => ({ include: askedOf(shown.filter((part) => !scalars.includes(part))) }),
    ),
    rowsOf(
      fc.tuple(fc.subarray(scalars, { minLength: 1 }), related, counts).map((parts) => parts.flat()),
      (shown) => ({ select: askedOf(shown) }),
    ),
  );
}

function askedOf(parts: readonly Part[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(parts.map(({ name, asked }) => [name, asked]));
}

function rowsOf(
  parts: fc.Arbitrary<readonly Part[]>,
  argsOf: (shown: readonly Part[]) => Selection["args"],
): fc.Arbitrary<Selection> {
  return parts
    .chain((shown) => fc.shuffledSubarray([...shown], { minLength: shown.length, maxLength: shown.length }))
    .map((shown) => ({
      args: argsOf(shown),
      rows: fc
        .tuple(...shown.map(({ values }) => values))
        .map((values) => Object.fromEntries(shown.map(({ name }, i) => [name, values[i]]))),
    }));
}

function relatedPart(schema: Schema, { name, type, mark }: GeneratedField, depth: number): fc.Arbitrary<Part> {
  return selections(schema, type, depth).map(({ args, rows }) => ({
    name,
    asked: Object.keys(args).length === 0 ? true : args,
    values: mark === "[]" ? fc.array(rows, { maxLength: 3 }) : mark === "?" ? fc.option(rows) : rows,
  }));
}

function countsParts(relations: readonly GeneratedField[]): Part[] {
  const lists = relations.filter(({ mark }) => mark === "[]").map(({ name }) => name);
  const values = fc.tuple(...lists.map(() => fc.nat(1000)));
  const rows = values.map((counts) => Object.fromEntries(lists.map((name, i) => [name, counts[i]])));
  return lists.length === 0 ? [] : [{ name: "_count", asked: true, values: rows }];
}

function columnValues({ type, mark }: GeneratedField): Values {
  const values = VALUES.get(type)!;
  if (mark === "[]") return fc.array(values, { maxLength: 4 });
  return mark === "?" ? fc.option(values) : values;
}

/** Results of reads of rows, of every type, to some depth. */
export const generatedResults: fc.Arbitrary<GeneratedResult> = schemas.chain((schema) =>
  fc.record({ model: fc.constantFrom(...schema.keys()), isList: fc.boolean() }).chain(({ model, isList }) =>
    selections(schema, model, 2).chain(({ args, rows }) =>
      (isList ? fc.array(rows, { maxLength: 12 }) : fc.option(rows)).map((value) => ({
        schema: spellSchema(schema),
        query: { model, operation: isList ? "findMany" : "findFirst", args },
        value,
      })),
    ),
  ),
);
