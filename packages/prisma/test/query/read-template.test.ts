import { Cache, createMemoryStore, parseKeyring } from "@evercache/core";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { ReadCall } from "../../src/client/hook.js";
import type { ReadOperation } from "../../src/client/operation.js";
import { CodecCache } from "../../src/codec/codec-cache.js";
import { shapeContext } from "../../src/codec/result-shape.js";
import { prismaCodec } from "../../src/codec/prisma-codec.js";
import { Encryption } from "../../src/encryption.js";
import { parseOptions, parsePolicies } from "../../src/options.js";
import { isToldApart, ReadsByValue } from "../../src/query/by-value.js";
import { planRead, PlannedRead } from "../../src/query/plan.js";
import { PreparedQueries } from "../../src/query/prepared.js";
import { ReadTemplate, type ColumnValue } from "../../src/query/read-template.js";
import type { CachedView, Runtime } from "../../src/runtime.js";
import type { DataModel } from "../../src/schema/data-model.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, NASTY, SHOP } from "../schema/schemas.js";
import { tracking } from "./read-tags.js";

const EXACT = `
datasource db {
  provider = "postgresql"
}
enum Kind {
  ONE @map("one")
  TWO
}
model Thing {
  id       Int      @id
  big      BigInt   @unique @map("big_one")
  text     String   @unique
  short    String   @unique @db.VarChar(10)
  folded   String   @unique @db.Citext
  padded   String   @unique @db.Char(4)
  uuid     String   @unique @db.Uuid
  kind     Kind     @unique
  flag     Boolean  @unique
  moment   DateTime @unique
  rounded  DateTime @unique @db.Timestamp(0)
  price    Decimal  @unique
  float    Float    @unique
  take     Int      @unique
  plain    String
  note     String
  ownerId  Int
  owner    Owner    @relation(fields: [ownerId], references: [id])
  @@unique([plain, note])
  @@map("things")
}
model Owner {
  id     Int     @id @map("owner_id")
  secret String  @unique
  things Thing[]
}
`;
const SCHEMAS: readonly DataModel[] = [dataModelOf(EXACT), dataModelOf(SHOP), dataModelOf(NASTY), dataModelOf(MYSQL)];

const MODELS: readonly DataModel[] = [
  ...SCHEMAS,
  { ...dataModelOf(EXACT), provider: "mysql" },
  { ...dataModelOf(EXACT), provider: "sqlserver" },
  tracking(dataModelOf(EXACT), "Thing", { volatile: ["note", "float"] }),
  tracking(dataModelOf(EXACT), "Thing", { volatile: ["text", "note"] }),
  tracking(dataModelOf(EXACT), "Owner", { exclude: ["secret"] }),
  tracking(dataModelOf(EXACT), "Thing", { exclude: ["note"] }),
  tracking(dataModelOf(EXACT), "Thing", { granularity: "model" }),
];

const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString("base64");
const keyring = parseKeyring({ keys: [{ id: "a", key }] });

interface Kind {
  readonly isEncrypted?: boolean;
  readonly isTagged?: boolean;
  readonly verify?: number;
  readonly needs?: readonly string[];
  readonly omits?: object;
}

const KINDS: readonly Kind[] = [
  {},
  { isEncrypted: true },
  { isTagged: true },
  { isTagged: true, isEncrypted: true, verify: 1 },
  { verify: 0.5, needs: ["note"], omits: { thing: { note: true, float: true } } },
];

const tagsOf = () => ["a"];

/** As of a client of its own, with nothing prepared. */
function viewOf(dataModel: DataModel, { isEncrypted, isTagged, verify = 0, needs = [], omits }: Kind): CachedView {
  const settings = parseOptions({ verify, ...(isTagged ? { defaults: { tags: tagsOf } } : {}) });
  const runtime: Partial<Runtime> = {
    settings,
    readArgs: undefined,
    dataModel,
    policies: parsePolicies(settings, [...dataModel.models.keys()]),
    prepared: new PreparedQueries(),
    encryption: isEncrypted ? new Encryption(keyring, dataModel, { encrypt: true }, undefined) : undefined,
    cache: new Cache({ openStore: () => createMemoryStore(), everything: [], longestTtl: 1 } as never),
  };
  const internals = { refusesUndefined: false, globalOmit: omits, computedFields: [], neededBy: () => needs };
  return {
    runtime,
    internals,
    fingerprint: "fp",
    codec: prismaCodec(),
    codecs: new CodecCache({ ...shapeContext(dataModel, internals), other: prismaCodec() }),
    gated: null,
  } as unknown as CachedView;
}

const callOf = (model: string, operation: ReadOperation, column: string, value: unknown): ReadCall => ({
  model,
  operation,
  args: { where: { [column]: value } },
  query: () => {
    throw new Error("planning asked the database");
  },
  __internalParams: { dataPath: [] },
  located: () => Promise.reject(new Error("not needed")),
});

/** All that a decision says. */
function said({ codecs, codec: other }: CachedView, call: ReadCall, decision: ReturnType<typeof planRead>): unknown {
  if (!(decision instanceof PlannedRead)) return decision;
  const { args, policy, adaptive, prepared, fingerprint, loadNarrow } = decision;
  const { codec, counts, ...others } = prepared;
  const hasItsCodec = codec === (codecs!.of(call) ?? other);
  return { args, policy, adaptive, fingerprint, loadNarrow, ...others, hasItsCodec, counted: counts.source };
}

const NAMES = ["note", "text", "secret", "things", "owner", "Thing", "take", "where", "AND"];
const SPECIAL = [
  "",
  " ",
  "a b",
  "a ",
  "é",
  "Ω\u0000",
  "\ud800",
  "x\udc00",
  "\u00a0",
  "\u2028",
  "\ufeff",
  '"',
  "\\",
  "a,b=c%~",
  "a".repeat(95),
  "a".repeat(96),
  "a".repeat(97),
  "b".repeat(300),
  "é".repeat(130),
  "12",
  "-7",
  "007",
  "1e3",
  "0.50",
  "ONE",
  "one",
  "TWO",
  "true",
  "2001-02-03T04:05:06.789Z",
  "2001-02-03T04:05:06.7891Z",
  "any",
  "x:any",
  "0F8FAD5B-D9CB-469F-A165-70867728950E",
  "{0f8fad5bd9cb469fa16570867728950e}",
  "JjYy",
  "__proto__",
  ");told:true",
];
const value = fc.oneof(
  fc.constantFrom(...NAMES, ...SPECIAL),
  fc.constantFrom(
    1,
    -1,
    42,
    -2147483648,
    2 ** 53,
    -(2 ** 53) - 2,
    1.5,
    0.1 + 0.2,
    1e21,
    1e-7,
    NaN,
    Infinity,
    -Infinity,
  ),
  fc.constantFrom(0n, 1n, -42n, 2n ** 63n, -(2n ** 80n)),
  fc.bigInt(),
  fc.integer(),
  fc.double(),
  fc.uuid(),
  fc.string(),
  fc.string({ unit: "binary", maxLength: 150 }),
  fc.string({ unit: "grapheme", minLength: 60, maxLength: 200 }),
);

describe.each(MODELS.map((dataModel, i) => [i, dataModel] as const))("of schema %i", (_, dataModel) => {
  const columns = [...dataModel.models.values()].flatMap((model) =>
    [...model.fields.values()].filter(({ kind }) => kind !== "relation").map(({ name }) => [model.name, name] as const),
  );

  test.each(KINDS)("a read prepared by its value alone is what it is in full: %j", (kind) => {
    const views = { short: viewOf(dataModel, kind), full: viewOf(dataModel, kind) };
    const of = (model: string, operation: ReadOperation) => ReadsByValue.of(views.short, model, operation)!;
    const cases = fc.tuple(
      fc.constantFrom(...columns),
      fc.constantFrom<ReadOperation>("findUnique", "findUniqueOrThrow"),
      fc.array(value, { minLength: 2, maxLength: 6 }),
    );
    fc.assert(
      fc.property(cases, ([[model, column], operation, values]) => {
        for (const one of [...values, ...values, ...values]) {
          if (!isToldApart(one)) continue;
          const call = callOf(model, operation, column, one);
          const plan = of(model, operation).plan(call, column, one);
          expect(said(views.short, call, plan)).toStrictEqual(said(views.full, call, planRead(views.full, call)));
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** What a template prepared, of so many values of a column. */
function preparedBy(view: CachedView, model: string, column: string, values: readonly ColumnValue[]): number {
  const prepare = vi.spyOn(ReadTemplate.prototype, "prepare");
  try {
    const reads = ReadsByValue.of(view, model, "findUnique")!;
    for (const one of values) reads.plan(callOf(model, "findUnique", column, one), column, one);
    const results = prepare.mock.results.map((result) => result.value as unknown);
    return results.filter((result) => result !== null).length;
  } finally {
    prepare.mockRestore();
  }
}

const [exact] = SCHEMAS as [DataModel];

test.each([
  ["id", [1, 2, -3]],
  ["big", [1, 2n, -3n]],
  ["text", ["a", "b", "c"]],
  ["folded", ["a", "b", "c"]],
  ["uuid", [1, 2, 3].map((n) => `0f8fad5b-d9cb-469f-a165-70867728950${n}`)],
  ["kind", ["ONE", "TWO", "ONE"]],
  ["moment", [1, 2, 3].map((n) => new Date(n).toISOString())],
  ["price", [1.5, "2.50", 3]],
] as const)("reads by a unique %s are prepared by a template", (column, values) => {
  expect(preparedBy(viewOf(exact, {}), "Thing", column, values)).toBe(values.length);
});

test.each([
  ["plain", ["a", "b", "c"]],
  ["float", [1.5, 2.5, 3.5]],
  ["rounded", [1, 2, 3].map((n) => new Date(n).toISOString())],
  ["id", [NaN, 1.5, "x"]],
  ["text", ["note", "owner", "\ud800"]],
] as const)("reads by %s %j are prepared in full", (column, values) => {
  expect(preparedBy(viewOf(exact, {}), "Thing", column, values)).toBe(0);
});

test("a text that a filter would be searched for is no hole in what is excluded", () => {
  const view = viewOf(tracking(exact, "Thing", { exclude: ["note"] }), { omits: { thing: { note: true } } });
  const reads = ReadsByValue.of(view, "Thing", "findUnique")!;
  const plan = (text: string) => reads.plan(callOf("Thing", "findUnique", "text", text), "text", text).kind;
  expect(["a", "b", "note", "b", "note"].map(plan)).toEqual(["cached", "cached", "bypass", "cached", "bypass"]);
});

test("the counts of its shape are found again when they were forgotten", () => {
  const view = viewOf(exact, {});
  const reads = ReadsByValue.of(view, "Thing", "findUnique")!;
  const countsOf = (id: number) =>
    (reads.plan(callOf("Thing", "findUnique", "id", id), "id", id) as PlannedRead).counts;
  const first = countsOf(1);
  expect(countsOf(2)).toBe(first);
  first.isForgotten = true;
  const { source } = first;
  expect(countsOf(3)).toBe(view.runtime.cache.counts(source, []));
});

test("what is asked for again is not prepared again", () => {
  const view = viewOf(exact, {});
  const reads = ReadsByValue.of(view, "Thing", "findUnique")!;
  const prepared = (id: number) =>
    (reads.plan(callOf("Thing", "findUnique", "id", id), "id", id) as PlannedRead).prepared;
  prepared(1);
  const [, second, third] = [prepared(2), prepared(2), prepared(2)];
  expect(third).toBe(second);
});
