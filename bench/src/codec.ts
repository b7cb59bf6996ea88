import { randomBytes } from "node:crypto";
import { Decimal } from "@prisma/client/runtime/client";
import type { Codec } from "../../packages/core/dist/codec/codec.js";
import { CodecCache } from "../../packages/prisma/dist/codec/codec-cache.js";
import { prismaCodec } from "../../packages/prisma/dist/codec/prisma-codec.js";
import { parseSchema } from "../../packages/prisma/dist/schema/parse-schema.js";
import { median, report, rounded } from "./figures.js";

/*
 * What it costs to encode, decode and copy a result of Prisma, in microseconds: the codec that is compiled from the schema,
 * superjson, and for comparison JSON alone, of the same rows with texts in the place of what JSON does not know, which it
 * does not bring back. All take turns; a sample is a batch, so that the clock's resolution does not matter, and begins with
 * runs that do not count: the one before has filled the caches of the machine.
 */
const SAMPLES = 300;
const WARM_UP = 100;
/** Rows in a batch. */
const BATCH = 1000;

const SCHEMA = `
datasource db {
  provider = "postgresql"
}
enum Status {
  DRAFT
  PUBLISHED
  SOLD_OUT
}
model Product {
  id          Int      @id
  sku         String   @unique
  name        String
  description String?
  status      Status
  published   Boolean
  weight      Float?
  views       BigInt
  price       Decimal
  checksum    Bytes
  createdAt   DateTime
  updatedAt   DateTime
  releasedAt  DateTime?
  attributes  Json?
  labels      String[]
}
`;

const WORDS = "a lamp of brushed brass with a shade of linen and a cord in black for the desk or the shelf".split(" ");

/** Numbers in [0, below), the same at each run (mulberry32). */
let state = 42;
function random(below: number): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

const text = (words: number) => Array.from({ length: words }, () => WORDS[random(WORDS.length)]).join(" ");

const at = () => new Date(1_764_000_000_000 + random(2 ** 31));

function product(n: number): Record<string, unknown> {
  return {
    id: 1000 + n,
    sku: `LAMP-${random(1e9).toString(36).toUpperCase()}-${n}`,
    name: text(6),
    description: n % 9 === 4 ? null : text(19),
    status: ["DRAFT", "PUBLISHED", "SOLD_OUT"][n % 3],
    published: n % 4 !== 0,
    weight: n % 5 === 3 ? null : random(5000) / 100,
    views: BigInt(random(100_000)),
    price: new Decimal(random(900)).plus("0.99"),
    checksum: new Uint8Array(randomBytes(24)),
    createdAt: at(),
    updatedAt: at(),
    releasedAt: n % 6 === 5 ? null : new Date(Math.floor(at().getTime() / 86_400_000) * 86_400_000),
    attributes: n % 8 === 7 ? null : { color: ["red", "blue", "brass"][n % 3], watts: n % 60, tags: ["home", "desk"] },
    labels: [WORDS[n % 19], WORDS[(n * 3) % 19]].slice(0, n % 3),
  };
}

const bare: Pick<Codec, "encode" | "decode"> = {
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse((bytes as Buffer).toString()),
};

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === "bigint") return String(part);
      return part instanceof Uint8Array ? Buffer.from(part).toString("base64") : part;
    }),
  );

const dataModel = parseSchema(SCHEMA);
const other = prismaCodec();
const one = product(1);
const fifty = Array.from({ length: 50 }, (_, n) => product(n));

interface Case {
  readonly rows: number;
  readonly codec: string;
  readonly bytes: number;
  readonly work: Readonly<Record<string, () => unknown>>;
}

const cases: Case[] = [];
for (const [rows, operation, value] of [
  [1, "findUnique", one],
  [50, "findMany", fifty],
] as const) {
  for (const [codec, generatesCode] of [
    ["compiled", undefined],
    ["compiled, no code generation", false],
  ] as const) {
    const compiled = new CodecCache({ dataModel, other, generatesCode }).of({ model: "Product", operation, args: {} });
    if (!compiled?.prepare) throw new Error("no codec for this selection");
    cases.push(caseOf(rows, codec, compiled, value));
  }
  cases.push(caseOf(rows, "superjson", other, value), caseOf(rows, "JSON alone", bare, plain(value)));
}

const caches = new CodecCache({ dataModel, other });
const lookups: Readonly<Record<string, () => unknown>> = {
  "by id": () => caches.of({ model: "Product", operation: "findUnique", args: { where: { id: 1 } } }),
  "with a selection": () =>
    caches.of({
      model: "Product",
      operation: "findMany",
      args: { where: { published: true }, select: { id: true, sku: true, name: true, price: true, createdAt: true } },
    }),
};

const times = new Map<() => unknown, number[]>();
const batches = new Map<() => unknown, number>(Object.values(lookups).map((work) => [work, BATCH]));
for (const { rows, work } of cases) for (const run of Object.values(work)) batches.set(run, BATCH / rows);
for (const work of batches.keys()) times.set(work, []);
for (let sample = 0; sample < WARM_UP + SAMPLES; sample++) {
  for (const [work, batch] of batches) {
    const cost = costOf(work, batch);
    if (sample >= WARM_UP) times.get(work)!.push(cost);
  }
}

report(
  "codec",
  cases.map(({ rows, codec, bytes, work }) => ({
    rows,
    codec,
    bytes,
    ...Object.fromEntries(Object.entries(work).map(([name, run]) => [`${name} µs`, rounded(median(times.get(run)!))])),
  })),
);
report(
  "codec-lookup",
  Object.entries(lookups).map(([query, run]) => ({ query, "lookup µs": rounded(median(times.get(run)!), 3) })),
);

function caseOf(rows: number, codec: string, { encode, decode, prepare }: Partial<Codec>, value: unknown): Case {
  const bytes = encode!(value);
  return {
    rows,
    codec,
    bytes: bytes.byteLength,
    work: {
      encode: () => encode!(value),
      decode: () => decode!(bytes),
      ...(prepare ? { copy: prepare(bytes) } : {}),
    },
  };
}

/** Of one run, in microseconds, on the average of a batch. */
function costOf(work: () => unknown, batch: number): number {
  for (let i = 0; i < batch; i += 4) work();
  const began = performance.now();
  for (let i = 0; i < batch; i++) work();
  return ((performance.now() - began) * 1000) / batch;
}
