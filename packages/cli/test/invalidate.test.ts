import { anyTag, customTag, pathTag, rowTag } from "@evercache/core";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { afterwards, fill, keyOf, KEY, LONG, runAtTerminal, testNamespace } from "./namespace-kit.js";

const QUESTION = 'Drop every cached result of namespace "test"';

const verdictOf = async ({ json }: Awaited<ReturnType<typeof testNamespace>>, key = KEY) =>
  ((await json("inspect", key)) as { verdict: string }).verdict;

async function filled() {
  const namespace = await testNamespace();
  const { store } = namespace;
  await fill(store);
  await fill(store, keyOf("Order", 1), [pathTag("Order", ["id"]), rowTag("Order", ["1"])]);
  await fill(store, keyOf("User", 1), [anyTag("User"), customTag("home")]);
  const valid = async () => {
    const models: string[] = [];
    for (const model of ["Product", "Order", "User"]) {
      if ((await verdictOf(namespace, keyOf(model, 1))) === "valid") models.push(model);
    }
    return models;
  };
  return { ...namespace, valid };
}

describe("without a client", () => {
  it("drops what depends on models, and says what was there", async () => {
    const { json, valid, run } = await filled();
    expect(await json("invalidate", "--model", "Product")).toMatchObject({
      all: false,
      models: ["Product"],
      rows: [],
      tags: [],
      tagsOfModels: { Product: 1 },
      namespace: "test",
    });
    expect(await valid()).toEqual(["Order", "User"]);
    const { code, stdout, stderr } = await run("invalidate", "--model", "Order", "--model", "Prodct");
    expect(stdout).toMatch(/^Dropped in namespace "test" at redis:.*: what depends on model Order, model Prodct\.\n$/);
    expect(stderr).toMatch(/^Of Prodct nothing was in Redis\. .*\n$/);
    expect(code).toBe(0);
    expect(await valid()).toEqual(["User"]);
  });

  it("drops what has a tag", async () => {
    const { run, valid } = await filled();
    expect(await run("invalidate", "--tag", "home", "--tag", "other")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("what depends on tag home, tag other.") as string,
      stderr: "",
    });
    expect(await valid()).toEqual(["Product", "Order"]);
  });

  it("drops everything, without a question where --yes says so", async () => {
    const { json, valid } = await filled();
    expect(await json("invalidate", "--all", "--yes")).toMatchObject({
      all: true,
      tagsOfModels: { Order: 1, Product: 1, User: 1 },
    });
    expect(await valid()).toEqual([]);
  });

  it("says so where it cannot be certain of what is in the memory of processes", async () => {
    const { server, run, json } = await filled();
    const redis = new Redis(server.url);
    afterwards(() => redis.disconnect());
    expect(await json("invalidate", "--all", "--yes")).toMatchObject({ inMemory: "ended" });
    await redis.call("ACL", "SETUSER", "tool", "on", ">secret", "&*", "~*", "+@all", "-pubsub");
    const { code, stdout, stderr } = await run(
      "invalidate",
      "--all",
      "--yes",
      "--redis",
      server.url.replace("//", "//tool:secret@"),
    );
    expect(stderr).toMatch(/^Which models processes have in memory, this user may not ask: grant \+pubsub\..*\n$/);
    expect(stdout).toContain("is dropped");
    expect(code).toBe(0);
  });

  it.each([
    [[], /say what to drop: --model Product, .* or --all/],
    [["--all", "--model", "Product"], /--all drops everything: leave --model/],
    [["--row", "Product:1"], /--row: .* only the application's client knows: write --client FILE/],
    [["--all"], /nobody is here to be asked ".*\?"\. Write --yes/],
  ])("%j is refused in one line, and drops nothing", async (argv, message) => {
    const { run, valid } = await filled();
    const { code, stdout, stderr } = await run("invalidate", ...argv);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(await valid()).toHaveLength(3);
  });
});

describe("who is asked before everything is dropped", () => {
  it("can say yes", async () => {
    const { server, valid } = await filled();
    const env = { REDIS_URL: server.url, EVERCACHE_NAMESPACE: "test" };
    const { code, stdout, stderr } = await runAtTerminal(["invalidate", "--all"], env, {
      question: QUESTION,
      answer: "y",
    });
    expect(stderr).toContain(QUESTION);
    expect(stdout).toContain("is dropped");
    expect(code).toBe(0);
    expect(await valid()).toEqual([]);
  });

  it.each([
    ["\r", 1, "nothing was dropped"],
    ["n", 1, "nothing was dropped"],
    ["\u0003", 130, "interrupted"],
  ])("can say no by %j", async (answer, exitCode, says) => {
    const { server, valid } = await filled();
    const env = { REDIS_URL: server.url, EVERCACHE_NAMESPACE: "test" };
    const { code, stderr, stdout } = await runAtTerminal(["invalidate", "--all"], env, { question: QUESTION, answer });
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
    expect(await valid()).toHaveLength(3);
  });
});

it("leaves a lock that a writer has", async () => {
  const { store, run } = await filled();
  await store.quarantine("a writer", [anyTag("Product")], LONG);
  await run("invalidate", "--model", "Product");
  const { tokens } = await store.lookup(null, [anyTag("Product")]);
  expect(typeof tokens[0]).toBe("symbol");
});
