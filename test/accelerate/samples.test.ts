// Code in the shape of Accelerate's documentation: it compiles with either import, and does what it says with ours.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { tool } from "../package/pack.js";
import { createClient, providers, type TestClient } from "../setup/client.js";
import { besideOthers } from "./samples/extensions.js";
import { ownFetch } from "./samples/fetch.js";
import { namedStrategies } from "./samples/helpers.js";
import { whereFrom } from "./samples/info.js";
import { dropEverything } from "./samples/invalidate-all.js";
import type { PrismaClient } from "./samples/model.js";
import { everyOperation } from "./samples/operations.js";
import { showCategories } from "./samples/swr.js";
import { dropByTag } from "./samples/tags.js";
import { inTransactions } from "./samples/transactions.js";
import { showProduct } from "./samples/ttl-and-swr.js";
import { listProducts } from "./samples/ttl.js";
import { writeAndRead } from "./samples/writes.js";

const OPERATIONS = {
  unique: "u1@shop.test",
  uniqueOrThrow: 1,
  first: 4,
  firstOrThrow: 2,
  many: 5,
  count: 5,
  highest: 50.99,
  groups: 1,
};

/** What a sample returns, and how many statements it sends. */
const SAMPLES: readonly [
  name: string,
  run: (base: PrismaClient) => Promise<unknown>,
  result: unknown,
  sent?: number,
][] = [
  ["ttl", listProducts, { count: 4, name: "Product 1", price: 10.99 }, 1],
  ["ttl and swr", (base) => showProduct(base, 1), { name: "Product 1", status: "ttl" }, 1],
  ["swr", showCategories, { first: "miss", second: "swr", count: 4 }, 4],
  ["tags", dropByTag, ["miss", "ttl", "miss"], 2],
  ["invalidateAll", dropEverything, { statuses: ["miss", "ttl", "miss"], requestId: expect.stringMatching(/./) }, 2],
  [
    "withAccelerateInfo",
    whereFrom,
    {
      email: expect.stringContaining("@shop.test"),
      told: {
        cacheStatus: "miss",
        at: expect.stringMatching(/^20\d\d-/),
        region: "unspecified",
        requestId: expect.stringMatching(/./),
        signature: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      plain: "none",
    },
    2,
  ],
  ["every operation", everyOperation, [OPERATIONS, OPERATIONS], 8],
  ["transactions", inTransactions, { users: 4, products: 5, status: "none", order: 1n, name: "renamed" }],
  ["writes", writeAndRead, "Ada"],
  ["fetch", ownFetch, { count: 3, calls: [] }, 1],
  ["other extensions", besideOthers, { label: expect.stringMatching(/ <u1@shop\.test>$/), now: 0 }, 1],
  ["helpers", namedStrategies, { sku: "sku1", count: 4 }, 2],
];

describe.each(providers().filter((provider) => provider !== "mysql"))("on %s", (provider) => {
  let client: TestClient;

  beforeAll(async () => {
    client = await createClient(provider, { isSeeded: true });
    return client.close;
  });

  test.for(SAMPLES)("%s", async ([, run, expected, sent]) => {
    const before = client.queries();
    expect(await run(client.prisma)).toEqual(expected);
    // What is loaded in the background comes later.
    if (sent !== undefined) await expect.poll(() => client.queries() - before).toBe(sent);
  });
});

test("they compile with Accelerate's own extension", () => {
  const project = fileURLToPath(new URL("tsconfig.theirs.json", import.meta.url));
  execFileSync(tool("tsc"), ["--noEmit", "-p", project]);
}, 60_000);
