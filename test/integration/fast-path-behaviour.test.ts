import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { BEHAVIOURS, described, outcomesOfWrongArguments, type Client, type Unknown } from "./fast-path-behaviours.js";
import { ERROR_FORMATS, request, ROW, shop, withCache } from "./fast-path-clients.js";

/** Of these a client with any query extension differs from one without. */
const PRISMAS_HOOKS_DIFFER: ReadonlySet<string> = new Set([
  "what the console shows of it",
  "arguments that change after the call",
]);

describe.each(ERROR_FORMATS)("errors in format %s", (errorFormat) => {
  test.each(Object.keys(BEHAVIOURS))("%s: as without the cache", async (name) => {
    const world = await shop({ errorFormat });
    const behaviour = BEHAVIOURS[name]!;
    const expected = await behaviour(world.plain, world);
    for (const fastPath of PRISMAS_HOOKS_DIFFER.has(name) ? [true] : [true, false]) {
      const client = withCache(world.plain, { fastPath });
      // The first time from the database, then from memory.
      for (const temperature of ["cold", "warm"]) {
        const actual = await behaviour(client, world);
        expect({ fastPath, temperature, actual }).toEqual({ fastPath, temperature, actual: expected });
      }
      await client.$cache.disconnect();
    }
  });

  test("wrong arguments: as through the hook", async () => {
    const { plain } = await shop({ errorFormat });
    const [hooked, fast] = [false, true].map((fastPath) => withCache(plain, { fastPath }) as unknown as Client);
    const expected = await outcomesOfWrongArguments(hooked!);
    // Most of them are also what Prisma says without an extension; it shows some arguments in another spelling.
    expect(inspect(expected, { depth: 5 })).toContain("Unknown argument `nothing`");
    for (const _ of ["cold", "warm"]) expect(await outcomesOfWrongArguments(fast!)).toEqual(expected);
  });

  test("AsyncLocalStorage holds in a query what it holds in the caller that awaits it", async () => {
    const held: unknown[] = [];
    for (const fastPath of [undefined, true, false]) {
      const { plain, requests } = await shop({ errorFormat });
      const client = (fastPath === undefined ? plain : withCache(plain, { fastPath })) as Client;
      const query = () => client.product.findUnique({ where: { id: 4 } });
      requests.counts.within.length = 0;
      await request.run("here", async () => await query());
      await request.run("there", () => query());
      await request.run("with then", () => query().then((row) => row));
      held.push([...requests.counts.within]);
    }
    expect(held[0]).toEqual(["here", undefined, "with then"]);
    expect(held.slice(1)).toEqual([["here"], ["here"]]);
  });

  test("strictUndefinedChecks: as without the cache", async () => {
    const { plain } = await shop({ errorFormat });
    (plain as unknown as { _originalClient: Unknown })._originalClient["_previewFeatures"] = ["strictUndefinedChecks"];
    const read = (client: Client) => described(() => client.product.findMany({ where: { id: undefined } } as never));
    const expected = await read(plain);
    expect(expected).toMatchObject({ name: "PrismaClientValidationError" });
    for (const fastPath of [true, false]) {
      const client = withCache(plain, { fastPath });
      for (const _ of [1, 2]) expect(await read(client as unknown as Client)).toEqual(expected);
    }
  });

  test("what the client omits is omitted", async () => {
    const { plain } = await shop({ errorFormat, omit: { user: { password: true } } });
    const client = withCache(plain, { fastPath: true });
    for (const _ of [1, 2]) {
      expect(await client.user.findUnique(ROW)).not.toHaveProperty("password");
      expect(await client.user.findUnique({ ...ROW, omit: { password: false } })).toHaveProperty("password");
    }
  });

  test("a bad `cache` rejects, and withCacheInfo and explain tell of the same query", async () => {
    const { plain } = await shop({ errorFormat });
    const client = withCache(plain, { fastPath: true });
    const bad = client.product.findUnique({ ...ROW, cache: { ttl: "soon" } as never });
    await expect(bad).rejects.toMatchObject({ code: "INVALID_DURATION" });
    // By any of its methods: none throws.
    const badAgain = () => client.product.findUnique({ ...ROW, cache: { ttl: "soon" } as never });
    const codeOf = (error: unknown) => (error as { code?: string }).code;
    expect(await badAgain().catch(codeOf)).toBe("INVALID_DURATION");
    expect(await badAgain().then(() => null, codeOf)).toBe("INVALID_DURATION");
    expect(
      await badAgain()
        .finally(() => {})
        .catch(codeOf),
    ).toBe("INVALID_DURATION");
    const read = () => client.product.findUnique(ROW);
    expect((await read().withCacheInfo()).info.status).toBe("miss");
    const hit = await read().withCacheInfo();
    expect(hit.info.status).toBe("hit");
    expect(await client.$cache.explain(read())).toMatchObject({ verdict: "hit", key: hit.info.key });
    const promise = read();
    expect([(await promise)?.id, (await promise.withCacheInfo()).info.status]).toEqual([1, "hit"]);
    await expect(client.$cache.explain(promise)).rejects.toMatchObject({ code: "NOT_A_QUERY" });
    expect((await read().category().withCacheInfo()).info.status).toBe("miss");
    expect(await client.$cache.explain(read().category())).toMatchObject({ verdict: "hit" });
    // A query beside the one that is asked about is none of its business.
    const [info, beside] = await Promise.all([read().withCacheInfo(), client.product.findUnique(ROW)]);
    expect([info.info.status, beside?.id]).toEqual(["hit", 1]);
  });
});

test("known to differ: own members are not enumerable, and methods ask for their promise", async () => {
  const { plain } = await shop({ errorFormat: "minimal" });
  const fast = withCache(plain, { fastPath: true }).product.findUnique(ROW);
  expect(Object.keys(plain.product.findUnique(ROW))).toContain("then");
  expect(Object.keys(fast)).toEqual([]);
  const then: (this: void, onFulfilled: () => void) => unknown = Reflect.get(fast, "then");
  expect(() => then(() => {})).toThrow(TypeError);
});
