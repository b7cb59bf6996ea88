import { anyTag, customTag, rowTag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import type { Terminal } from "../src/terminal/terminal.js";
import { walking } from "../src/terminal/walking.js";
import { fill, keyOf, LONG, testNamespace } from "./namespace-kit.js";

async function filled() {
  const namespace = await testNamespace();
  const { store } = namespace;
  for (const id of [1, 2, 3]) await fill(store, keyOf("Product", id), [rowTag("Product", [String(id)])]);
  await fill(store, keyOf("Order", 1), [rowTag("Order", ["1"])]);
  await store.quarantine("a writer", [anyTag("Order")], LONG);
  await store.mint([customTag("home")], [LONG]);
  await store.acquire!("a load", "somebody", LONG);
  return namespace;
}

it("counts keys and bytes by model and operation", async () => {
  const { json } = await filled();
  const { rows, keys, isComplete } = (await json("keys")) as {
    rows: { model: string | null; kind: string; operation: string | null; keys: number; bytes: number }[];
    keys: number;
    isComplete: boolean;
  };
  expect(rows.map(({ model, kind, operation, keys: count }) => [model, kind, operation, count])).toEqual([
    ["Order", "entries", "findUnique", 1],
    ["Order", "locks", null, 1],
    ["Order", "tokens", null, 1],
    ["Product", "entries", "findUnique", 3],
    ["Product", "tokens", null, 3],
    ["#home", "tokens", null, 1],
    [null, "leases", null, 1],
  ]);
  expect(rows.every(({ bytes }) => bytes > 50)).toBe(true);
  expect({ keys, isComplete }).toEqual({ keys: 11, isComplete: true });
});

it("counts what it is asked for alone, and no more than that", async () => {
  const { json, run } = await filled();
  expect(await json("keys", "--model", "Product", "--kind", "entries")).toMatchObject({
    keys: 3,
    rows: [{ model: "Product", kind: "entries", keys: 3 }],
  });
  expect(await json("keys", "--limit", "2")).toMatchObject({ keys: 2, isComplete: false });
  const { stdout } = await run("keys", "--limit", "2");
  expect(stdout).toMatch(/2 keys, about .* in namespace "test"[\s\S]*There may be more: it stopped after 2/);
  expect((await run("keys", "--model", "Nothing")).stdout).toMatch(/^There is nothing of that in namespace "test"/);
});

it("is a table for people, and lists keys that inspect takes", async () => {
  const { run } = await filled();
  const { stdout, stderr, code } = await run("keys");
  expect(stdout).toMatch(/^model +kind +keys +memory +each\n/);
  expect(stdout).toMatch(/\nProduct +findUnique +3 +~[\d.]+ K?B +\d+ B\n/);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const listed = await run("keys", "--list", "--kind", "entries", "--model", "Order");
  expect(listed).toEqual({ code: 0, stderr: "", stdout: `${keyOf("Order", 1)}\n` });
  const lines = (await run("keys", "--list", "--kind", "locks", "--json")).stdout;
  expect(lines).toBe(`${JSON.stringify({ kind: "locks", model: "Order", key: "test:tag:{Order}:any" })}\n`);
});

it("lets no key steer the terminal", async () => {
  const { store, run, json } = await testNamespace();
  const name = "a\u001b]0;title\u0007\nb\u009b2J";
  await store.mint([customTag(name), rowTag("Product", [name])], [LONG, LONG]);
  for (const argv of [[], ["--list"]]) {
    const { stdout } = await run("keys", ...argv);
    expect(stdout).toContain("a\uFFFD]0;title\uFFFD\uFFFDb\uFFFD2J");
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
  expect((await run("keys", "--list")).stdout.split("\n")).toHaveLength(3);
  expect((await run("inspect", `x:${name}`)).stderr.split("\n")).toHaveLength(2);
  const { rows } = (await json("keys")) as { rows: { model: string }[] };
  expect(rows.map(({ model }) => model)).toContain(`#${name}`);
});

it("does not tell every tag of the application apart", async () => {
  const { json, store } = await testNamespace();
  const tags = Array.from({ length: 30 }, (_, i) => customTag(`tag ${i}`));
  await store.mint(
    tags,
    tags.map(() => LONG),
  );
  const { rows } = (await json("keys")) as { rows: { model: string; keys: number }[] };
  expect(rows).toHaveLength(21);
  expect(rows.find(({ model }) => model === "#…")?.keys).toBe(10);
});

it.each([
  [["--kind", "things"], /'--kind <kind>' argument 'things' is invalid/],
  [["--limit", "0"], /Write a whole number from 1 on/],
])("refuses %j in one line", async (argv, message) => {
  const { run } = await testNamespace();
  const { code, stdout, stderr } = await run("keys", ...argv);
  expect(stderr).toMatch(message);
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

it("says so where Redis cannot be reached", async () => {
  const { server, run } = await testNamespace();
  await server.stop();
  const { code, stderr } = await run("keys");
  expect(stderr).toMatch(/^evercache: Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED.*\n$/);
  expect(code).toBe(3);
});

describe("a walk", () => {
  function watched() {
    const said: string[] = [];
    const terminal: Pick<Terminal, "progress"> = {
      progress: async (title) => ({
        advance() {},
        say: (message) => void said.push(message),
        done: () => void said.push(`end of ${title}`),
      }),
    };
    return { said, terminal };
  }

  it("says how far it is, and ends saying so whatever happens", async () => {
    const { said, terminal } = watched();
    const walk = walking({ terminal, signal: new AbortController().signal }, "Looking", async (at) => {
      at(0, 0);
      at(1_000, 4_000);
      at(5_000, 4_000);
      throw new Error("lost");
    });
    await expect(walk).rejects.toThrow("lost");
    expect(said).toEqual([
      "Looking: 100 %, 0 of ~0",
      "Looking: 25 %, 1,000 of ~4,000",
      "Looking: 100 %, 5,000 of ~4,000",
      "end of Looking",
    ]);
  });

  it("ends where it is with Ctrl+C", async () => {
    const { said, terminal } = watched();
    const interruption = new AbortController();
    const walk = walking({ terminal, signal: interruption.signal }, "Looking", async (at) => {
      at(1_000, 4_000);
      interruption.abort();
      at(2_000, 4_000);
    });
    await expect(walk).rejects.toMatchObject({ name: "AbortError" });
    expect(said).toEqual(["Looking: 25 %, 1,000 of ~4,000", "end of Looking"]);
  });
});
