import { cacheExtension } from "@evercache/prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import { describe, expect, test, vi } from "vitest";
import { testClient } from "../setup/client.js";
import { PrismaClient } from "../setup/generated/postgresql/client.js";

const KEY = { id: "2026-01", key: Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString("base64") };

describe("options", () => {
  test.each([
    [{ ttl: "1h" }, "UNKNOWN_OPTION", /"ttl".*Known are/],
    [{ namespce: "x" }, "UNKNOWN_OPTION", /namespace/],
    [{ defaults: { ttl: "5 minutes" } }, "INVALID_DURATION", /defaults\.ttl.*"5m"/],
    [{ models: { Product: { tll: 1 } } }, "UNKNOWN_OPTION", /Did you mean ttl/],
    [{ models: { Product: { list: { ttl: -1 } } } }, "INVALID_DURATION", /models\.Product\.list\.ttl/],
    [{ models: { Product: { jitter: 2 } } }, "INVALID_OPTION", /0.*1/],
    [{ consistency: "strong" }, "INVALID_OPTION", /"bounded"/],
    [{ redis: undefined }, "INVALID_OPTION", /Is the environment variable set/],
    [{ redis: "http://x" }, "INVALID_OPTION", /redis:\/\//],
    [{ redis: "redis://x", store: {} }, "INVALID_OPTION", /either redis or store/],
    [{ lease: "10ms" }, "INVALID_OPTION", /1s/],
    [{ lease: "10s", ambiguousLease: "5s" }, "INVALID_OPTION", /ambiguousLease.*`lease`/],
    [{ verify: 2 }, "INVALID_OPTION", /0\.001/],
    [{ verify: "0.1%" }, "INVALID_OPTION", /0\.001/],
    [{ observable: "yes" }, "INVALID_OPTION", /observable: "yes".*true or false/],
    [{ awaitRelease: "no" }, "INVALID_OPTION", /true or false/],
    [{ awaitRelease: false, consistency: "strict" }, "INVALID_OPTION", /leave it out/],
    [{ awaitRelease: false, consistency: "eventual" }, "INVALID_OPTION", /leave it out/],
    [{ namespace: "a b" }, "INVALID_OPTION", /namespace/],
    [{ databaseId: "" }, "INVALID_OPTION", /not empty/],
    [{ innerExtensions: "cached" }, "INVALID_OPTION", /"uncached" or "trusted"/],
    [{ scope: "tenant" }, "INVALID_OPTION", /function/],
    [{ models: { User: { encrypt: true } } }, "INVALID_OPTION", /models\.User\.encrypt.*no key.*encryption: \{ keys/],
    [{ defaults: { encrypt: true } }, "INVALID_OPTION", /defaults\.encrypt.*no key.*encryption: \{ keys/],
    [{ encryption: { keys: [KEY] } }, "INVALID_OPTION", /no model is encrypted.*defaults: \{ encrypt: true \}/],
    [
      { encryption: { keys: [KEY] }, models: { User: { encrypt: "yes" } } },
      "INVALID_OPTION",
      /User\.encrypt.*true or false/,
    ],
    [{ encryption: { keys: [{ ...KEY, key: "short" }] } }, "INVALID_OPTION", /encryption\.keys\[0\]\.key.*openssl/],
    [{ models: { User: { list: { encrypt: true } } } }, "UNKNOWN_OPTION", /models\.User\.list.*"encrypt"/],
    [{ models: { User: { compress: "gzip" } } }, "INVALID_OPTION", /models\.User\.compress.*threshold/],
    [[], "INVALID_OPTION", /object/],
  ])("%j is refused when the extension is created", (options, code, message) => {
    const create = () => cacheExtension(options as never);
    expect(create).toThrow(
      expect.objectContaining({ name: "EvercacheError", code, message: expect.stringMatching(message) }),
    );
  });

  test.each([
    { encryption: { keys: [KEY] }, defaults: { encrypt: true } },
    { encryption: { keys: [KEY] }, defaults: { encrypt: false } },
    { encryption: { keys: [KEY] }, models: { User: { encrypt: true }, Order: false }, defaults: false },
    { encryption: undefined, models: { User: { encrypt: false, compress: { threshold: 0 } } } },
  ] as const)("%o is not", (options) => {
    expect(() => cacheExtension(options as never)).not.toThrow();
  });

  test("an unknown model, a client that is none, and a second cache are refused", async () => {
    const { prisma } = await testClient("postgresql");
    expect(() => prisma.$extends(cacheExtension({ models: { Prodct: { ttl: 1 } } } as never))).toThrow(
      expect.objectContaining({ code: "UNKNOWN_MODEL", message: expect.stringMatching(/Did you mean Product/) }),
    );
    expect(() => cacheExtension()({} as never)).toThrow(expect.objectContaining({ code: "UNSUPPORTED_CLIENT" }));
    const once = prisma.$extends(cacheExtension());
    expect(() => once.$extends(cacheExtension() as never)).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_CLIENT" }),
    );
  });
});

describe("a lease that a transaction may outlast", () => {
  // Nothing is sent: the client is only looked at.
  const client = (timeout: number) =>
    new PrismaClient({
      adapter: new PrismaPg({ connectionString: "postgresql://localhost:1/none" }),
      transactionOptions: { timeout },
    });
  const warned = async (timeout: number, listen: boolean) => {
    const print = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const codes: string[] = [];
    const cached = client(timeout).$extends(cacheExtension({ lease: "5s" }));
    if (listen) cached.$cache.on("event", (event) => void (event.type === "warning" && codes.push(event.code)));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const printed = [...print.mock.calls];
    print.mockRestore();
    return { codes, printed };
  };

  test("is warned of at the start, with both times and what to do", async () => {
    expect((await warned(5_000, true)).codes).toEqual(["LEASE_TOO_SHORT"]);
    expect(await warned(4_999, true)).toEqual({ codes: [], printed: [] });
  });

  test("is warned of at the first transaction that is allowed as much, once", async () => {
    const { prisma } = await testClient("postgresql");
    const cached = prisma.$extends(cacheExtension({ lease: "6s" }));
    const codes: string[] = [];
    cached.$cache.on("event", (event) => void (event.type === "warning" && codes.push(event.code)));
    await cached.$transaction(async (tx) => tx.user.count(), { timeout: 5_999 });
    await new Promise(setImmediate);
    expect(codes).toEqual([]);
    for (let i = 0; i < 2; i++) await cached.$transaction(async (tx) => tx.user.count(), { timeout: 6_000 });
    await new Promise(setImmediate);
    expect(codes).toEqual(["LEASE_TOO_SHORT"]);
  });

  test("and the warning is printed where nobody listens", async () => {
    const { printed } = await warned(8_000, false);
    expect(printed).toEqual([
      [
        expect.stringMatching(/lease: 5000 ms.*8000 ms.*shorter time-out/),
        { type: "EvercacheWarning", code: "LEASE_TOO_SHORT" },
      ],
    ]);
    expect((await warned(8_000, true)).printed).toEqual([]);
  });
});
