import { createRuntime, type CachedView } from "../../packages/prisma/dist/runtime.js";
import { readInternals } from "../../packages/prisma/dist/client/internals.js";
import { prismaCodec } from "../../packages/prisma/dist/codec/prisma-codec.js";
import { parseOptions } from "../../packages/prisma/dist/options.js";
import { dependencies } from "../../packages/prisma/dist/query/dependencies.js";
import { queryKey } from "../../packages/prisma/dist/query/key.js";
import { planRead } from "../../packages/prisma/dist/query/plan.js";
import { connectClient } from "../../test/setup/connect.js";
import type { TestDatabase } from "../../test/setup/databases.js";
import { generateClients } from "../../test/setup/generate.js";
import { median, percentile, report, rounded } from "./figures.js";

/*
 * What it costs to plan a read: its policy, its key and its tags, before anything is asked. Of what was built, as users
 * have it: a loader that compiles the sources adds to each function that is made. All shapes are warmed up together,
 * as in an application, and take turns. A sample is a batch, so that the clock's resolution does not matter; its arguments
 * are made before the clock starts.
 */
const BATCH = 64;
const SAMPLES = 1500;
const WARM_UP = 300;
const FINGERPRINT = "0123456789";

type Operation = Parameters<typeof planRead>[1]["operation"];

interface Shape {
  readonly name: string;
  readonly model: string;
  readonly operation: Operation;
  /** Other values for each `n`, the same shape. */
  readonly args: (n: number) => unknown;
  /** The median in µs that it may take. */
  readonly target?: number;
}

const SHAPES: readonly Shape[] = [
  {
    name: "findUnique by id",
    model: "Product",
    operation: "findUnique",
    args: (n) => ({ where: { id: n } }),
    target: 5,
  },
  {
    name: "findUnique by a compound unique",
    model: "Review",
    operation: "findUnique",
    args: (n) => ({ where: { opinion: { userId: n, productId: n + 1 } } }),
  },
  {
    name: "findMany, nested",
    model: "Product",
    operation: "findMany",
    args: (n) => ({
      where: {
        AND: [{ categoryId: n }, { published: true }],
        OR: [{ price: { lt: n + 0.5 } }, { name: { contains: `lamp ${n}`, mode: "insensitive" } }],
      },
      include: {
        category: true,
        reviews: { where: { rating: { gte: 3 } }, include: { user: true }, orderBy: { createdAt: "desc" }, take: 5 },
      },
      orderBy: [{ price: "asc" }, { id: "asc" }],
      take: 20,
    }),
    target: 15,
  },
  {
    name: "count",
    model: "Product",
    operation: "count",
    args: (n) => ({ where: { categoryId: n, published: true } }),
  },
  {
    name: "groupBy",
    model: "Order",
    operation: "groupBy",
    args: (n) => ({ by: ["status"], where: { userId: n }, _count: true, _sum: { total: true } }),
  },
];

const VALUES = ["new values", "equal values"] as const;

/** What is timed: the whole, and the two parts that most of it consists of. */
const PARTS = {
  plan: (view: CachedView, { model, operation }: Shape, args: unknown) =>
    planRead(view, { model, operation, args, query: neverQueried, __internalParams: INTERNAL_PARAMS }),
  key: (_: CachedView, { model, operation }: Shape, args: unknown) =>
    queryKey({ fingerprint: FINGERPRINT, model, operation, args, dataPath: INTERNAL_PARAMS.dataPath, tags: [] }),
  tags: ({ runtime }: CachedView, { model, operation }: Shape, args: unknown) =>
    dependencies(runtime.dataModel, { model, operation, args }),
} as const;

type Part = keyof typeof PARTS;

const INTERNAL_PARAMS = { dataPath: [] };
const neverQueried = () => {
  throw new Error("planning asked the database");
};

await generateClients();
const view = await viewOfNoServer();
const cases = SHAPES.flatMap((shape) =>
  VALUES.map((values) => ({ shape, values, times: { plan: [], key: [], tags: [] } as Record<Part, number[]> })),
);
let made = 0;
for (let sample = 0; sample < WARM_UP + SAMPLES; sample++) {
  for (const { shape, values, times } of cases) {
    for (const part of Object.keys(PARTS) as Part[]) {
      const batch = Array.from({ length: BATCH }, () => shape.args(values === "new values" ? ++made : 1));
      const microseconds = microsecondsOf(PARTS[part], shape, batch);
      if (sample >= WARM_UP) times[part].push(microseconds);
    }
  }
}
report(
  "plan-cost",
  cases.map(({ shape, values, times }) => ({
    query: shape.name,
    values,
    "plan µs": rounded(median(times.plan)),
    "p99 µs": rounded(percentile(times.plan, 0.99)),
    "at most": shape.target ?? "",
    "of which key": rounded(median(times.key)),
    "of which tags": rounded(median(times.tags)),
  })),
);

/** Of one call, on the average of the batch. */
function microsecondsOf(part: (typeof PARTS)[Part], shape: Shape, batch: readonly unknown[]): number {
  const began = performance.now();
  for (const args of batch) if ("uncacheable" in part(view, shape, args)) throw new Error(`${shape.name}: uncacheable`);
  return ((performance.now() - began) * 1000) / batch.length;
}

/** Everything that planning needs, of a client that never connects. */
async function viewOfNoServer(): Promise<CachedView> {
  const nowhere: Pick<TestDatabase, "provider" | "url"> = {
    provider: "postgresql",
    url: "postgresql://nobody@127.0.0.1:1/nothing",
  };
  const { prisma } = await connectClient(nowhere as TestDatabase);
  const base = prisma as unknown as CachedView["base"];
  const runtime = createRuntime(parseOptions({}), base);
  const internals = readInternals(base);
  return { runtime, base, internals, codec: prismaCodec(), fingerprint: FINGERPRINT, gated: null };
}
