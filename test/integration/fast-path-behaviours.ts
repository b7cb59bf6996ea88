import { inspect } from "node:util";
import { expect } from "vitest";
import { ROW, type Plain, type shop } from "./fast-path-clients.js";

/** What every client has that is compared here, whatever its type says. */
export type Client = Pick<Plain, "product" | "user" | "category" | "$transaction">;
export type Unknown = Record<PropertyKey, unknown>;
type Behaviour = (client: Client, world: Awaited<ReturnType<typeof shop>>) => unknown;

const MISSING = { where: { id: 99 } } as const;

/** What an application may see of a read, each as a value that is compared with that of a client without the cache. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  "what a promise is": (client) => {
    const promises: Unknown[] = [
      client.product.findUnique(ROW) as never,
      client.product.findMany() as never,
      client.product.count() as never,
      client.product.findFirst() as never,
      client.product.aggregate({ _count: true }) as never,
    ];
    return promises.map((promise) => ({
      tag: promise[Symbol.toStringTag],
      text: Object.prototype.toString.call(promise),
      type: typeof promise,
      isPromise: promise instanceof Promise,
      isObject: promise instanceof Object,
      constructor: promise.constructor,
      members: [
        "then",
        "catch",
        "finally",
        "requestTransaction",
        "category",
        "reviews",
        "sku",
        "nothing",
        "length",
      ].map((name) => [name, name in promise, typeof promise[name]]),
      spec: promise["spec"],
    }));
  },
  "what the console shows of it": (client) => [
    inspect(client.product.findUnique(ROW)),
    inspect({ in: { an: { object: client.product.findMany() } } }, { depth: 3 }),
    inspect(client.product.count(), { depth: 0 }),
    inspect([client.product.aggregate({ _count: true })], { compact: false }),
  ],
  "that a member may be added": (client) => {
    const promise = client.product.findUnique(ROW) as unknown as Unknown;
    promise["mine"] = 1;
    return promise["mine"];
  },
  "that it runs nothing before it is awaited": async (client, { requests }) => {
    const cost = await requests.of(async () => {
      const promise = client.product.findUnique({ where: { id: 3 } });
      void promise.category();
      void client.product.findMany();
      await new Promise((resolve) => setImmediate(resolve));
    });
    return cost;
  },
  "that it runs once": async (client) => {
    const promise = client.product.findUnique(ROW);
    const [one, two] = await Promise.all([promise, promise]);
    return [one === two, one === (await promise), await promise.then((row) => row === one), one];
  },
  "that no two share an object": async (client) => {
    const [one, two] = await Promise.all([client.product.findUnique(ROW), client.product.findUnique(ROW)]);
    return [one === two, one?.attributes === two?.attributes];
  },
  "how it is waited for": async (client) => {
    const promise = () => client.product.findUniqueOrThrow(ROW);
    const ids: unknown[] = [];
    for (const one of [promise(), promise()]) ids.push((await one).id);
    for await (const one of inTurn(promise(), promise())) ids.push(one.id);
    ids.push((await Promise.race([promise(), new Promise<never>(() => {})])).id);
    ids.push((await Promise.resolve(promise())).id);
    ids.push(await promise().then(({ id }) => id));
    ids.push((await promise().then(undefined)).id, (await promise().then(null, null)).id);
    ids.push((await promise().catch(() => null))?.id);
    ids.push((await promise().finally(() => 7)).id);
    ids.push(
      ...(await Promise.allSettled([promise(), client.product.findUniqueOrThrow(MISSING)])).map((o) => o.status),
    );
    ids.push(
      await promise()
        .then(() => Promise.reject(new Error("mine")))
        .catch((error: Error) => error.message),
    );
    ids.push(
      await promise()
        .finally(() => {
          throw new Error("last");
        })
        .catch((error: Error) => error.message),
    );
    return ids;
  },
  "in which order results come": async (client) => {
    const order: string[] = [];
    await Promise.all([
      client.product.findUnique(ROW).then(() => order.push("then")),
      Promise.resolve(order.push("sync")),
    ]);
    return order;
  },
  "results of every read": async (client) => [
    await client.product.findUnique({ ...ROW, include: { category: { include: { parent: true } }, tags: true } }),
    await client.product.findUniqueOrThrow({ ...ROW, select: { sku: true, reviews: { take: 1 } } }),
    await client.product.findFirst({ ...ROW, omit: { attributes: true } }),
    await client.product.findFirstOrThrow({ orderBy: { id: "desc" } }),
    await client.product.findMany({ where: { OR: [{ id: 1 }, { name: { contains: "2" } }] }, orderBy: { id: "asc" } }),
    await client.product.findMany({ where: { createdAt: { lt: new Date(4e12) } }, orderBy: { id: "asc" }, take: 1 }),
    [await client.product.count(), await client.product.count({ select: { _all: true, weight: true } })],
    await client.product.aggregate({ _sum: { stock: true }, _avg: { weight: true }, _count: true }),
    await client.product.groupBy({ by: ["published"], _count: { _all: true }, orderBy: { published: "asc" } }),
    [await client.product.findUnique(MISSING), await client.product.findMany({ where: { id: 99 } })],
    await client.user.findMany({ orderBy: { id: "asc" } }),
  ],
  "relations by methods": async (client) => [
    await client.product.findUnique(ROW).category(),
    await client.product.findUnique(ROW).category().parent(),
    await client.product.findUnique(ROW).category({ select: { slug: true } }),
    await client.product.findUnique(ROW).tags({ orderBy: { id: "desc" } }),
    await client.product.findFirst(ROW).supplier().country(),
    [await client.product.findUnique(MISSING).category(), await client.category.findUnique(ROW).parent()],
    await described(() => client.product.findUniqueOrThrow(MISSING).category()),
  ],
  "a relation's promise": (client) => {
    const promise = client.product.findUnique(ROW).category() as unknown as Unknown;
    return [promise[Symbol.toStringTag], typeof promise["parent"], typeof promise["reviews"], promise["spec"]];
  },
  batches: async (client) => {
    const member = client.product.findUnique(ROW);
    const name = (row: { name: string } | null) => row?.name;
    const [one, two, three] = await client.$transaction([
      member,
      client.product.update({ ...ROW, data: { name: "in a batch" } }),
      client.product.findUnique(ROW),
    ]);
    const again = await client.$transaction([
      member,
      client.product.count(),
      client.product.findUnique(ROW).category(),
    ]);
    await client.product.update({ ...ROW, data: { name: "Product 1" } });
    return [name(one), name(two), name(three), again.length, name(again[0])];
  },
  "a batch that fails": async (client) => [
    await described(() =>
      client.$transaction([client.product.findUnique(ROW), client.product.findUniqueOrThrow(MISSING)]),
    ),
    await described(async () => client.$transaction([Promise.resolve(1) as never])),
  ],
  "an awaited promise in a batch": async (client) => {
    const member = client.product.findUnique(ROW);
    await member;
    return (await client.$transaction([member]))[0]?.id;
  },
  "interactive transactions": async (client) =>
    client.$transaction(async (tx) => {
      const promise = tx.product.findUnique(ROW);
      const first = (await promise)?.stock;
      await tx.product.update({ ...ROW, data: { stock: 77 } });
      const second = (await tx.product.findUnique(ROW))?.stock;
      await tx.product.update({ ...ROW, data: { stock: first! } });
      return [first, second, await tx.product.findUnique(ROW).category()];
    }),
  "what is not found": async (client) => [
    await described(() => client.product.findUniqueOrThrow(MISSING)),
    await described(() => client.product.findFirstOrThrow({ where: { name: "nothing" } })),
    await described(() => client.product.findUniqueOrThrow(MISSING).then((row) => row.id)),
  ],
  "values of every kind": async (client) => {
    const { product } = client as unknown as Record<string, Record<string, (args?: unknown) => PromiseLike<unknown>>>;
    const one = (await client.product.findUniqueOrThrow(ROW)) as unknown as Unknown;
    const wheres: readonly unknown[] = [
      { price: one["price"] },
      { price: { lt: one["price"] } },
      { createdAt: one["createdAt"] },
      { createdAt: (one["createdAt"] as Date).toISOString() },
      { image: new Uint8Array([1, 2]) },
      { image: Buffer.from([1, 2]) },
      { id: { in: [1, 2, 3] } },
      { attributes: { equals: one["attributes"] } },
      { stock: { equals: (client.product as unknown as { fields: Unknown }).fields["id"] } },
      { id: undefined, name: "Product 1" },
      { id: { toJSON: () => 1 } },
    ];
    const outcomes: unknown[] = [];
    for (const where of wheres)
      outcomes.push([inspect(where), await described(() => product!["findMany"]!({ where, orderBy: { id: "asc" } }))]);
    return outcomes;
  },
  "arguments that change after the call": async (client) => {
    const before = { where: { id: 1 } };
    const promise = client.product.findUnique(before);
    before.where.id = 2;
    const awaited = (await promise)?.id;
    const meanwhile = { where: { id: 3 }, select: { id: true, tags: { where: { id: { in: [1] } } } } };
    const running = client.product.findUnique(meanwhile).then((row) => row);
    meanwhile.where.id = 4;
    meanwhile.select.tags.where.id.in.push(2, 3);
    const row = await running;
    // Nothing wrong was stored on the way.
    const again = [
      await client.product.findUnique({ where: { id: 3 } }),
      await client.product.findUnique({ where: { id: 4 } }),
    ];
    return [awaited, row, again.map((one) => one?.id), meanwhile];
  },
  "rejections that nobody handles": async (client) => {
    const failing = () => client.product.findUniqueOrThrow(MISSING);
    const count = async (act: () => unknown) => (await unhandled(act)).length;
    return [
      await count(() => void failing()),
      await count(async () => void (await failing().catch(() => {}))),
      await count(async () => {
        try {
          await failing();
        } catch {
          // Handled.
        }
      }),
      await count(async () => void (await Promise.allSettled([failing(), failing()]))),
      await count(() => void failing().then(() => {})),
      await count(() => void failing().finally(() => {})),
    ];
  },
  "where an error was made": async (client) => {
    async function theCallersOwnFunction(): Promise<unknown> {
      return await client.product.findMany({ where: { nothing: 1 } } as never);
    }
    async function anotherFunction(): Promise<unknown> {
      return await client.product.findUniqueOrThrow(MISSING);
    }
    const errors = [await failureOf(theCallersOwnFunction), await failureOf(anotherFunction)];
    return errors.map(({ message, stack }) => [
      message,
      stack?.includes("theCallersOwnFunction") ?? false,
      stack?.includes("anotherFunction") ?? false,
    ]);
  },
};

/** The outcomes of arguments that Prisma refuses, and of some that it does not. */
export async function outcomesOfWrongArguments(client: Client): Promise<unknown[]> {
  const { product } = client as unknown as Record<string, Record<string, (args?: unknown) => PromiseLike<unknown>>>;
  const wrong: readonly unknown[] = [
    undefined,
    {},
    "text",
    5,
    true,
    [],
    [ROW],
    { where: {} },
    { where: { id: "1" } },
    { where: { id: 1, nothing: 2 } },
    { where: { id: undefined } },
    { where: { id: () => 1 } },
    { where: { id: Symbol("s") } },
    { where: { id: 1 }, select: { nothing: true } },
    { where: { id: 1 }, select: { id: true }, include: { category: true } },
    { where: { id: 1 }, select: {} },
    { where: { id: 1 }, take: 1 },
    { where: { id: new Date(Number.NaN) } },
    { where: { id: 2n ** 70n } },
    { where: { id: Number.NaN } },
    { where: { id: [1, undefined] } },
    { where: new Map([["id", 1]]) },
    new Proxy({ ...ROW }, {}),
    Object.freeze({ where: Object.freeze({ id: 1 }) }),
    Object.assign(Object.create(null) as object, ROW),
    Object.create(ROW) as object,
    {
      get where(): unknown {
        throw new Error("from a getter");
      },
    },
    JSON.parse('{"where":{"id":1,"__proto__":{"sku":"x"}}}'),
  ];
  const outcomes: unknown[] = [];
  for (const args of wrong)
    for (const operation of ["findUnique", "findUniqueOrThrow", "findMany", "count"])
      outcomes.push([operation, inspect(args), await described(() => product![operation]!(args))]);
  return outcomes;
}

/** A result, or what an error says, with paths and places left as they are. */
export async function described(act: () => PromiseLike<unknown>): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = act();
  } catch (error) {
    return { thrown: (error as Error).message };
  }
  try {
    return { data: await promise };
  } catch (error) {
    const { name, message, code, meta, clientVersion } = error as Error & Unknown;
    return { name, message, code, meta, clientVersion, ownKeys: Object.keys(error as object).sort() };
  }
}

async function* inTurn<T>(...promises: readonly PromiseLike<T>[]): AsyncGenerator<T> {
  yield* promises;
}

async function failureOf(act: () => Promise<unknown>): Promise<Error> {
  return act().then(
    () => expect.unreachable(),
    (error: unknown) => error as Error,
  );
}

/** What Node would end the process for. */
async function unhandled(act: () => unknown): Promise<unknown[]> {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const reasons: unknown[] = [];
  process.on("unhandledRejection", (reason) => reasons.push(reason));
  try {
    await act();
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
  }
  return reasons;
}
