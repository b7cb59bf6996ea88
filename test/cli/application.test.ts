import { writeFileSync } from "node:fs";
import path from "node:path";
import { cacheExtension, type RecordedQuery, type ResultWithCacheInfo } from "@evercache/prisma";
import type { PrismaPromise } from "@prisma/client/runtime/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { runHere } from "../../packages/cli/test/kit.js";
import { scratchFolder } from "../setup/child-server.js";
import { redisUrl, testShop } from "../setup/client.js";

let namespaces = 0;

type Options = Parameters<typeof cacheExtension>[0];

/** An application of this process, and the command line beside it. `cli`: what its client has otherwise. */
async function application(options: Options = {}, cli: Options | "in memory" = {}) {
  const { prisma } = await testShop("sqlite");
  const namespace = `cli-${process.pid}-${namespaces++}`;
  const settings = { redis: redisUrl(), namespace, deadline: "10s", writeDeadline: "10s", ...options } as const;
  const cached = prisma.$extends(cacheExtension(settings));
  onTestFinished(() => cached.$cache.disconnect());
  const { folder, remove } = scratchFolder("cli-client");
  onTestFinished(remove);

  // What the module exports is made here, and disconnected by the command alone.
  const exported = `evercache-test-${namespace}`;
  const { redis: _, ...withoutRedis } = settings;
  const own = prisma.$extends(cacheExtension(cli === "in memory" ? withoutRedis : { ...settings, ...cli }));
  const client = new Proxy(own, {
    get: (target, name) => (name === "$disconnect" ? async () => {} : (Reflect.get(target, name, target) as unknown)),
  });
  (globalThis as Record<string, unknown>)[exported] = client;
  const file = path.join(folder, "client.mjs");
  writeFileSync(file, `export const prisma = globalThis[${JSON.stringify(exported)}];`);

  const env = { REDIS_URL: redisUrl(), EVERCACHE_NAMESPACE: namespace };
  const run = (...argv: string[]) => runHere([...argv, "--client", file], { env, cwd: folder });
  const json = async (...argv: string[]) => {
    const { code, stdout, stderr } = await run(...argv, "--json");
    return { code, stderr, told: JSON.parse(stdout) as Record<string, unknown> };
  };
  return { cached, own, folder, run, json };
}

type Cached = Awaited<ReturnType<typeof application>>["cached"];

/** A read. */
type Query = PrismaPromise<unknown> & { withCacheInfo(): Promise<ResultWithCacheInfo<unknown>> };

const verdict = async (query: Query, { $cache }: Cached) => {
  const explanation = await $cache.explain(query);
  return explanation.verdict;
};

describe("inspect, with the client", () => {
  test("knows the key of a query, and says what the client would do and why", async () => {
    const { cached, json, run } = await application();
    const query = "product.findUnique({ where: { id: 1 } })";
    expect(await json("inspect", query)).toMatchObject({
      code: 0,
      told: { entry: null, explanation: { kind: "read", verdict: "miss", reason: "absent" } },
    });
    const { info } = await cached.product.findUnique({ where: { id: 1 } }).withCacheInfo();
    await expect.poll(() => verdict(cached.product.findUnique({ where: { id: 1 } }), cached)).toBe("hit");
    const { told } = await json("inspect", query);
    expect(told).toMatchObject({
      entry: { key: info.key, verdict: "valid" },
      explanation: { verdict: "hit", key: info.key, tags: expect.arrayContaining(["Product:row:1"]) as string[] },
    });
    expect(told).not.toHaveProperty("value");
    const apart = await run("inspect", "product.findUnique", '{"where":{"id":1}}');
    expect(apart.stdout).toMatch(/the client +hit\n[\s\S]*Product:by:id +writes that cannot say the id/);
  });

  test("shows values that are there, and asks the database for none", async () => {
    const { cached, json, run } = await application();
    const asked = { where: { id: 1 } };
    expect((await run("inspect", "product.findUnique", JSON.stringify(asked), "--values")).stderr).toMatch(
      /There is no value to show/,
    );
    expect(await verdict(cached.product.findUnique(asked), cached)).toBe("miss");
    const row = await cached.product.findUnique(asked);
    await expect.poll(() => verdict(cached.product.findUnique(asked), cached)).toBe("hit");
    const { told } = await json("inspect", "product.findUnique", JSON.stringify(asked), "--values");
    expect(told["value"]).toEqual(
      JSON.parse(JSON.stringify(row, (_, value) => (typeof value === "bigint" ? String(value) : value) as unknown)),
    );
  });

  test("takes dates and decimals as what they are", async () => {
    const { cached, json } = await application();
    const args = { where: { createdAt: { gt: new Date("2020-01-01") } }, take: 1 };
    const { info } = await cached.product.findMany(args).withCacheInfo();
    const { told } = await json(
      "inspect",
      'product.findMany({ where: { createdAt: { gt: { $date: "2020-01-01" } } }, take: 1 })',
    );
    expect(told).toMatchObject({ explanation: { key: info.key } });
  });

  test("says what a write would drop, and does not run it", async () => {
    const { cached, json, run } = await application();
    const write = 'product.update({ where: { id: 1 }, data: { name: "written" } })';
    expect(await json("inspect", write)).toMatchObject({
      told: { explanation: { kind: "write", changed: expect.arrayContaining(["Product:row:1"]) as string[] } },
    });
    expect((await run("inspect", write)).stdout).toMatch(/was not run\. It would drop[\s\S]*Product:row:1/);
    expect((await cached.product.findUnique({ where: { id: 1 }, cache: false }))?.name).not.toBe("written");
  });

  test.each([
    ["produkt.findMany", /the client has no model produkt/],
    ["product.findEverything", /product has no operation findEverything/],
    ["product.findMany({ where: { price: { $null: 'No' } } })", /write "DbNull"/],
  ])("refuses %s", async (query, message) => {
    const { run } = await application();
    const { code, stderr } = await run("inspect", query);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test("says so where the client's cache is another one", async () => {
    const { own, run } = await application({}, { namespace: `elsewhere-${process.pid}` });
    await own.user.findUnique({ where: { id: 1 } });
    await expect.poll(() => verdict(own.user.findUnique({ where: { id: 1 } }), own)).toBe("hit");
    const { stdout, stderr } = await run("inspect", "user.findUnique({ where: { id: 1 } })");
    expect(stdout).toMatch(/There is no such entry in namespace/);
    expect(stderr).toMatch(/The client has it, and namespace .* has not: its cache is elsewhere/);
  });
});

describe("invalidate, with the client", () => {
  test("drops rows, models and tags, and nothing else", async () => {
    const { cached, json } = await application();
    const reads = {
      "product 1": () => cached.product.findUnique({ where: { id: 1 } }),
      "product 2": () => cached.product.findUnique({ where: { id: 2 } }),
      user: () => cached.user.findUnique({ where: { id: 1 } }),
      tagged: () => cached.country.findMany({ cache: { tags: ["home"] } }),
      other: () => cached.category.findMany(),
    };
    const hits = async () => {
      const found: string[] = [];
      for (const [name, read] of Object.entries(reads)) if ((await verdict(read(), cached)) === "hit") found.push(name);
      return found;
    };
    for (const read of Object.values(reads)) await read();
    await expect.poll(hits).toEqual(Object.keys(reads));

    const { code, told } = await json("invalidate", "--row", "Product:1", "--model", "User", "--tag", "home");
    expect({ code, told }).toMatchObject({
      code: 0,
      told: { all: false, models: ["User"], rows: ["Product:1"], tags: ["home"], tagsOfModels: null },
    });
    expect(await hits()).toEqual(["product 2", "other"]);
    expect(await json("invalidate", "--row", "Product: { id: 2 }")).toMatchObject({ code: 0 });
    expect(await hits()).toEqual(["other"]);
    expect(await json("invalidate", "--all", "--yes")).toMatchObject({ code: 0, told: { all: true } });
    expect(await hits()).toEqual([]);
  });

  test.each([
    ["Product", /write the model and the id, Product:1/],
    ["Prodct:1", /has no model "Prodct"/],
    ["Product:one", /the id of Product is a number/],
    ["Product:{ id }", /--row Product/],
    ["Country:1", /Country has no column id\. Write 'Country:\{ column: value \}'/],
    ["Product:{ colour: 1 }", /colour is not a column or a key of Product/],
  ])("refuses the row %s", async (row, message) => {
    const { run } = await application();
    const { code, stdout, stderr } = await run("invalidate", "--row", row);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test.each([
    ["another namespace", { namespace: `elsewhere-${process.pid}` }],
    ["the memory of its process", "in memory"],
  ])("drops nothing, and says so, where the client's cache is in %s", async (_, options) => {
    const { run } = await application({}, options as Options | "in memory");
    const { code, stdout, stderr } = await run("invalidate", "--model", "Product");
    expect(stderr).toMatch(/has its cache elsewhere than at redis:.* in namespace "cli-/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("warm", () => {
  async function recorded() {
    const app = await application();
    const recording = app.cached.$cache.record();
    for (let id = 1; id <= 3; id++) await app.cached.product.findUnique({ where: { id } });
    await app.cached.product.findMany({ where: { createdAt: { gt: new Date("2020-01-01") } } });
    const queries: unknown[] = recording.stop();
    await app.cached.$cache.invalidateAll();
    const write = (list: unknown) => writeFileSync(path.join(app.folder, "hot.json"), JSON.stringify(list));
    write(queries);
    return { ...app, queries: queries as RecordedQuery[], write };
  }

  test("runs what was recorded, so that it is there", async () => {
    const { cached, json, run } = await recorded();
    expect(await json("warm", "hot.json", "--concurrency", "2", "--per-second", "1000")).toMatchObject({
      code: 0,
      told: { done: 4, failed: 0, hits: 0, stored: 4, notStored: {}, bypassed: {}, errors: [] },
    });
    expect(await verdict(cached.product.findUnique({ where: { id: 3 } }), cached)).toBe("hit");
    const again = await run("warm", "hot.json");
    expect(again.stdout).toMatch(/^4 queries in .*: 0 stored, 4 were there, 0 failed\.\n$/);
    expect(again).toMatchObject({ code: 0, stderr: "" });
  });

  test("ends with 1 where some failed, and says why", async () => {
    const { json, run, queries, write } = await recorded();
    write([...queries, { model: "Product", operation: "findMany", args: { where: { colour: "red" } } }]);
    const { code, told } = await json("warm", "hot.json");
    expect({ code, told }).toMatchObject({ code: 1, told: { done: 5, failed: 1, stored: 4 } });
    expect(told["errors"]).toEqual([expect.stringMatching(/colour/)]);
    const { stderr } = await run("warm", "hot.json");
    expect(stderr).toMatch(/^ {2}.*colour.*\n$/);
  });

  test.each([
    ["[{", /hot\.json cannot be read: .*JSON/],
    ['{"model":"Product"}', /hot\.json is no recording: it has to be an array/],
    ['[{"model":"Product","operation":"deleteMany"}]', /"deleteMany" is no read/],
    ['[{"model":"Prodct","operation":"findMany"}]', /Prodct/],
  ])("runs nothing of %s", async (text, message) => {
    const { folder, run } = await recorded();
    writeFileSync(path.join(folder, "hot.json"), text);
    const { code, stdout, stderr } = await run("warm", "hot.json");
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("warms no cache that is elsewhere", async () => {
    const { folder, run } = await application({}, "in memory");
    writeFileSync(path.join(folder, "hot.json"), "[]");
    expect(await run("warm", "hot.json")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/has its cache elsewhere/) as string,
    });
  });
});
