import {
  PolicyTable,
  superjsonCodec,
  type BypassReason,
  type CacheEvent,
  type MissReason,
  type ReadPlan,
  type Tag,
} from "@evercache/core";
import { expect, test } from "vitest";
import { measured, scrape } from "./kit.js";

const OPERATIONS = [
  "findUnique",
  "findUniqueOrThrow",
  "findFirst",
  "findFirstOrThrow",
  "findMany",
  "count",
  "aggregate",
  "groupBy",
];
const MISSES = Object.keys({
  absent: 0,
  expired: 0,
  invalidated: 0,
  foreign: 0,
  damaged: 0,
} satisfies Record<MissReason, 0>) as MissReason[];
const BYPASSES = Object.keys({
  policy: 0,
  query: 0,
  transaction: 0,
  uncacheable: 0,
  quarantined: 0,
  joined: 0,
  unreachable: 0,
  recovering: 0,
  "inner-extension": 0,
  "namespace-taken": 0,
  paused: 0,
  adaptive: 0,
} satisfies Record<BypassReason, 0>) as BypassReason[];
const WRITES = [
  "create",
  "createMany",
  "createManyAndReturn",
  "update",
  "updateMany",
  "updateManyAndReturn",
  "upsert",
  "delete",
  "deleteMany",
  "aWriteThatIsYetToCome",
  "$transaction",
  "$executeRaw",
  "$executeRawUnsafe",
  "$queryRaw",
];

/** All that can happen to a model, each with another key and another form of query. */
function* everything(model: string): Generator<CacheEvent> {
  let n = 0;
  const source = (operation: string) => ({ model, operation, key: `key-${n++}`, shape: `{ where: { field${n}: ? } }` });
  for (const operation of OPERATIONS) {
    const measures = { savedMilliseconds: 5, tagCount: 1, milliseconds: 1, decodeMilliseconds: 1, bytes: 100 };
    for (const tier of ["l1", "redis"]) yield { type: "hit", ...source(operation), tier, ...measures };
    for (const reason of MISSES) yield { type: "miss", ...source(operation), reason, tagCount: 1 };
    for (const reason of BYPASSES) yield { type: "bypass", ...source(operation), reason };
    for (const reason of ["expired", "unreachable"] as const) {
      yield { type: "stale", ...source(operation), reason, tier: "redis", savedMilliseconds: 5 };
    }
    for (const rows of [0, 1, null]) yield { type: "load", ...source(operation), milliseconds: 7, rows };
    yield { type: "fill", ...source(operation), outcome: "stored", bytes: 100, encodeMilliseconds: 1 };
    yield { type: "join", ...source(operation) };
  }
  const tags = [0, 1, 2].map((row) => `${model}:row:${row}` as Tag);
  const lock = { tags: [...tags, `${model}.volatile:any` as Tag, "#home" as Tag], milliseconds: 1 };
  for (const outcome of ["changed", "unchanged", "held", "refused"] as const) {
    yield { type: "release", outcome, source: null, ...lock };
    for (const operation of WRITES) yield { type: "release", outcome, source: { model, operation }, ...lock };
  }
  for (const cause of ["call", "verify"] as const) yield { type: "invalidate", applied: true, cause, tags };
}

test("are 41 at most, whatever happens to it", async () => {
  const { register, emit } = measured();
  for (const model of ["User", "Order"]) for (const event of everything(model)) emit(event);
  const series = await scrape(register);
  for (const model of ["User", "Order"]) {
    expect(series.filter(({ labels }) => labels["model"] === model)).toHaveLength(41);
  }
  const models = new Set(series.map(({ labels }) => labels["model"]));
  expect(models).toEqual(new Set(["User", "Order", "(all)", "(tags)", undefined]));
});

const POLICY = new PolicyTable({ ttl: "1m" }, undefined, ["User"]).of("User", "list")!;

test("are as many after 10,000 forms of queries and 100,000 keys as after a few", async () => {
  const { register, cache } = measured();
  const read = (form: number, n: number) => cache.cache.read(planOf(form, n));
  for (let form = 0; form < OPERATIONS.length; form++) for (let i = 0; i < 2; i++) await read(form, 0);
  const few = new Set((await scrape(register)).map(identityOf));

  for (let form = 0; form < 10_000; form++) {
    for (let n = 0; n < 10; n++) await read(form, n);
    await read(form, 0);
  }
  const { miss, hit } = cache.stats().reads;
  expect([miss, hit]).toEqual([100_000, 10_000 + 2 * OPERATIONS.length]);
  expect(new Set((await scrape(register)).map(identityOf))).toEqual(few);
  const text = await register.metrics();
  expect(text).not.toMatch(/key-\d|field\d/);
  expect(text.length).toBeLessThan(50_000);
}, 120_000);

function planOf(form: number, n: number): ReadPlan<unknown> {
  const operation = OPERATIONS.at(form % OPERATIONS.length)!;
  const source = { model: "User", operation, shape: `{ where: { field${form}: ? } }` };
  return {
    source,
    key: `key-${form}-${n}`,
    identity: null,
    fingerprint: "test",
    tags: [`User:row:${n}` as Tag],
    absentTags: [],
    policy: POLICY,
    codec: superjsonCodec(),
    load: async () => ({ id: n }),
  };
}

function identityOf({ name, labels }: { readonly name: string; readonly labels: object }): string {
  return `${name}${JSON.stringify(labels)}`;
}
