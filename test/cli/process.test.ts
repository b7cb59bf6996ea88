import type { ChildProcess } from "node:child_process";
import { expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { evercache } from "./kit.js";

/** In a process of its own, with nobody at its stdin. */
const start = (...argv: string[]) =>
  evercache(argv, { env: { REDIS_URL: redisUrl(), EVERCACHE_NAMESPACE: `process-${process.pid}` } });

test.each([
  [["keys"], { namespace: expect.stringMatching(/^process-/) as string, keys: 0, rows: [] }],
  [["invalidate", "--model", "Product", "--tag", "home"], { models: ["Product"], tags: ["home"] }],
  [["invalidate", "--all", "--yes"], { all: true }],
  [["bench", "--seconds", "0.2"], { concurrency: 1, costs: { hit: expect.any(Number) as number } }],
])("%j prints JSON and nothing else", async (argv, told) => {
  const { code, stdout, stderr } = await start(...argv, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject(told);
});

test.each([
  [["keys", "--redis", "redis://127.0.0.1:1"], 3, /cannot be reached/],
  [["inspect", "0123456789:Product:findUnique:where(id:1)"], 1, /there is no entry with this key/],
  [["invalidate"], 2, /say what to drop/],
  [["invalidate", "--all"], 2, /nobody is here to be asked/],
  [["warm", "there-is-none.json"], 2, /there-is-none\.json cannot be read/],
])("%j ends with %i and one line", async (argv, exitCode, message) => {
  const { code, stdout, stderr } = await start(...argv);
  expect(stderr).toMatch(message);
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
});

test.each(["keys", "inspect", "invalidate", "warm", "bench"])("help of %s has examples", async (name) => {
  const { code, stdout, stderr } = await start(name, "--help");
  expect(stdout).toMatch(new RegExp(`Usage: evercache ${name}[\\s\\S]*Examples:\\n +\\$ evercache ${name}`));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("keeps its exit code where nobody reads what it says", async () => {
  const onStart = ({ stdout, stderr }: ChildProcess) => [stdout, stderr].forEach((stream) => stream!.destroy());
  expect((await evercache(["keys", "--redis", "redis://127.0.0.1:1"], { onStart })).code).toBe(3);
  expect((await evercache(["keys", "--redis", "http://x"], { onStart })).code).toBe(2);
});
