import { describe, expect, it, vi } from "vitest";
import { admin } from "../../redis/test/kit.js";
import type { ApplicationCache } from "../src/application-cache.js";
import { applicationQuery } from "../src/inspect/application-query.js";
import { parseQueryText } from "../src/inspect/query-text.js";
import { reviveArgs } from "../src/inspect/query-args.js";
import type { ApplicationClient } from "../src/client-module.js";
import { fill, KEY, LONG, TAGS, testNamespace } from "./namespace-kit.js";

describe("an entry", () => {
  it("is told with what it depends on, and is not shown unasked", async () => {
    const { store, run, json, server } = await testNamespace();
    await fill(store);
    const report = await json("inspect", KEY);
    expect(report).toEqual({
      redis: server.url,
      namespace: "test",
      key: KEY,
      bytes: expect.any(Number) as number,
      redisTtl: expect.any(Number) as number,
      frame: "entry",
      verdict: "valid",
      stamps: TAGS.map((tag) => ({ tag, state: "equal", stamp: expect.stringMatching(/^T/) as string })),
      entry: {
        fingerprint: "0123456789",
        identity: null,
        storedAt: expect.stringMatching(/^20.*Z$/) as string,
        freshUntil: expect.stringMatching(/^20.*Z$/) as string,
        loadMilliseconds: 12,
        sliding: null,
        isAbsent: false,
        namesItsTags: false,
        isCompressed: false,
        isEncrypted: false,
        payloadBytes: 10,
      },
    });
    const { stdout, code } = await run("inspect", KEY);
    expect(stdout).toMatch(/valid +yes, nothing that it depends on was written/);
    expect(stdout).toMatch(/stored +2(\.\d)? s ago \(.*\), after a load of 12 ms/);
    expect(stdout).toMatch(/Product:row:1 +unchanged/);
    expect(stdout).not.toContain('{"json":1}');
    expect(code).toBe(0);
    expect((await run("inspect", `test:${KEY}`, "--values")).stdout).toContain('{"json":1}');
  });

  it("says why it is not valid", async () => {
    const { store, run, server } = await testNamespace();
    const told = async () => (await run("inspect", KEY)).stdout;
    await fill(store, KEY, TAGS, { freshUntil: Date.now() - 5_000 });
    expect(await told()).toMatch(/valid +no, its time is over[\s\S]*fresh +until 5(\.\d)? s ago/);
    await fill(store, KEY, TAGS, { names: TAGS, sliding: { ttl: 30_000, cappedAt: Date.now() + LONG }, absent: true });
    expect(await told()).toMatch(/valid +yes[\s\S]*slides +to 30 s with each read[\s\S]*result +nothing was found/);
    await store.quarantine("a writer", [TAGS[1]], LONG);
    expect(await told()).toMatch(/valid +no, a write[\s\S]*Product:row:1 +a write is under way/);
    await store.release("a writer", { changed: [TAGS[1]], unchanged: [] });
    expect(await told()).toMatch(/valid +no, something .*: 1 of 2 tags changed[\s\S]*Product:row:1 +written, dropped/);
    const redis = admin(server);
    await redis.set(`test:${KEY}`, "something else");
    expect(await told()).toMatch(/valid +no, evercache did not write it/);
    await redis.quit();
  });

  it.each([
    [["inspect", KEY], 1, /there is no entry with this key in namespace "test"/],
    [["inspect"], 2, /missing required argument 'what'/],
    [["inspect", "product.findUnique({ where: { id: 1 } })"], 2, /only the application's client knows: write --client/],
    [
      ["inspect", "product.findUnique({ id: f() })"],
      2,
      /cannot be read: invalid character .* not code: write \{"\$date"/,
    ],
    [["inspect", "product.findUnique", "{"], 2, /cannot be read: invalid end of input/],
  ])("%j is refused in one line", async (argv, exitCode, message) => {
    const { run } = await testNamespace();
    const { code, stdout, stderr } = await run(...argv);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
  });
});

describe("a query on the command line", () => {
  it.each([
    ["product.findMany", undefined, undefined],
    ["product.findMany()", undefined, undefined],
    ["await prisma.product.findMany({ take: 2 });", undefined, { take: 2 }],
    ["Product.findUnique({ where: { id: 1, }, })", undefined, { where: { id: 1 } }],
    ["product.findUnique", '{"where":{"id":1}}', { where: { id: 1 } }],
    ["product.findFirst({\n  where: { name: 'a (b) c' }\n})", undefined, { where: { name: "a (b) c" } }],
  ])("%j %j is read", (text, apart, args) => {
    const query = parseQueryText(text, apart);
    expect(query?.model.toLowerCase()).toBe("product");
    expect(query?.operation).toMatch(/^find/);
    expect(query?.args).toEqual(args);
  });

  it.each([KEY, `shop.eu:${KEY}`, "0123456789:Product:findMany:~hash", "nothing"])("%s is none", (key) => {
    expect(parseQueryText(key)).toBeNull();
  });

  it("has what JSON does not have", () => {
    const price = { name: "price" };
    const client = { product: { fields: { price } } } as unknown as ApplicationClient;
    const read = (args: unknown) => reviveArgs(args, client, import.meta.filename);
    expect(read({ a: [{ $date: "2026-01-31" }], b: { $bigint: "12" }, c: { $bytes: "AQI=" } })).toEqual({
      a: [new Date("2026-01-31")],
      b: 12n,
      c: new Uint8Array([1, 2]),
    });
    expect((read({ $field: "Product.price" }) as object) === price).toBe(true);
    expect(read({ $date: "2026-01-31", other: 1 })).toEqual({ $date: "2026-01-31", other: 1 });
    for (const wrong of [{ $date: "soon" }, { $bigint: "1.5" }, { $field: "Product.weight" }]) {
      expect(() => read(wrong)).toThrow(expect.objectContaining({ name: "CliError", exitCode: 2 }));
    }
  });
});

it("calls no method that the application has added", () => {
  const archiveAll = vi.fn();
  const client = { $cache: {}, $disconnect: async () => {}, product: { archiveAll, findMany: archiveAll } };
  const application = { client, cache: {} as ApplicationCache };
  const query = (operation: string) =>
    applicationQuery(application, { model: "product", operation, args: undefined }, "client.ts");
  expect(() => query("archiveAll")()).toThrow(/product has no operation archiveAll, of those that Prisma has/);
  expect(archiveAll).not.toHaveBeenCalled();
  query("findMany")();
  expect(archiveAll).toHaveBeenCalledOnce();
});
