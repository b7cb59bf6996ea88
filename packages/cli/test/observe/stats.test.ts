import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { stats } from "../../src/commands/stats.js";
import { ExitCode } from "../../src/exit-codes.js";
import { runHere } from "../kit.js";
import { application, NAMESPACE, PATIENCE, redis, Running } from "./observe-kit.js";

const ONCE = { once: true };

it("prints once what all processes have counted, and what Redis says of itself", async () => {
  const { url } = await redis();
  const [a, b] = await Promise.all([application({ url }), application({ url })]);
  for (let i = 0; i < 4; i++) await a.read();
  await b.read();
  const { hit, miss } = [a, b]
    .map(({ cache }) => cache.stats().reads)
    .reduce((all, one) => ({ ...all, hit: all.hit + one.hit, miss: all.miss + one.miss }));
  await expect
    .poll(async () => {
      const running = new Running(stats, url, { ...ONCE, processes: true });
      return [await running.ended, running.stdout];
    }, PATIENCE)
    .toEqual([ExitCode.ok, expect.stringContaining("2 processes")]);
  const running = new Running(stats, url, { ...ONCE, processes: true });
  await running.ended;
  const cells = (start: string) =>
    running.stdout
      .split("\n")
      .find((line) => line.startsWith(start))
      ?.split(/ {2,}/);
  expect(cells("Product")?.slice(2, 5)).toEqual([String(hit), "0 %", String(miss)]);
  expect(running.stdout.match(new RegExp(`:${process.pid} .* 1\\.2\\.3$`, "gm"))).toHaveLength(2);
  expect(running.stdout).toMatch(/Redis \d.* {3}memory .* {3}keyspace hits .* ops\/s {3}\d+ clients\n$/);
  expect(running.stderr).toBe("");
});

it("prints JSON with the sums and all answers", async () => {
  const { url } = await redis();
  const one = await application({ url });
  await one.read();
  await expect
    .poll(async () => {
      const running = new Running(stats, url, {}, { json: true });
      const code = await running.ended;
      return { code, ...(JSON.parse(running.stdout) as object) };
    }, PATIENCE)
    .toMatchObject({
      code: ExitCode.ok,
      namespace: NAMESPACE,
      asked: 1,
      models: { Product: { hit: one.cache.stats().reads.hit } },
      processes: [{ process: { pid: process.pid }, stats: { reads: {} } }],
      redis: { servers: 1, clients: expect.any(Number) as number },
    });
});

it("says in a line why nobody answers, shows Redis all the same, and fails", async () => {
  const { url } = await redis();
  await application({ url });
  const running = new Running(stats, url, ONCE, { namespace: "nobody" });
  expect(await running.ended).toBe(ExitCode.failed);
  const [first, , last] = running.stdout.split("\n");
  expect(first).toMatch(/^No process answers in the namespace "nobody"\..*observable: true/);
  expect(last).toMatch(/^Redis \d/);
});

describe("on a terminal", () => {
  it("shows again and again what has happened since, until Ctrl+C", async () => {
    const { url } = await redis();
    const { read } = await application({ url });
    const running = new Running(stats, url, { interval: "250ms" }, { isTTY: true });
    await running.until(async ({ stdout }) => {
      await read();
      expect(stripVTControlCharacters(stdout)).toMatch(
        /in the last \d+ ms\n\nmodel +hit ratio +hits\/s.*\nProduct +100 %/,
      );
    });
    expect(await running.interrupt()).toBe(ExitCode.ok);
  });

  it("goes on when Redis was away", async () => {
    const server = await redis();
    const { read } = await application(server);
    const running = new Running(stats, server.url, { interval: "250ms" }, { isTTY: true });
    const shown = () => stripVTControlCharacters(running.stdout);
    await running.until(() => expect(shown()).toContain("1 process of"));
    await server.kill();
    await running.until(() => expect(shown()).toMatch(/Processes cannot be asked: .*\n\nRedis cannot be asked: /));
    running.stdout = "";
    await server.restart();
    await running.until(async () => {
      await read();
      expect(shown()).toMatch(/1 process of[^]*\nRedis \d/);
    });
    expect(await running.interrupt()).toBe(ExitCode.ok);
  });
});

it("prints a line of JSON an interval where both are asked for", async () => {
  const { url } = await redis();
  const running = new Running(stats, url, { interval: "250ms" }, { json: true });
  await running.until(({ stdout }) => expect(stdout.split("\n").length).toBeGreaterThan(3));
  await running.interrupt();
  const lines = running.stdout.trim().split("\n");
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ asked: 0, processes: [] });
});

it.each([
  [["--interval", "10ms"], /--interval: write 250ms or more/],
  [["--interval", "30d"], /--interval: write 1d or less/],
  [["--interval", "often"], /--interval/],
])("refuses %j", async (argv, says) => {
  const { code, stderr } = await runHere(["stats", "--redis", "redis://127.0.0.1:1", ...argv]);
  expect(stderr).toMatch(says);
  expect(code).toBe(ExitCode.usage);
});

it("needs no more rights than its page says", async () => {
  const { url, port } = await redis();
  const { read } = await application({ url });
  await read();
  const docs = readFileSync(new URL("../../../../docs/cli.md", import.meta.url), "utf8");
  const admin = new Redis(port);
  onTestFinished(() => admin.disconnect());
  await admin.call("ACL", /^ACL (SETUSER watcher .*)$/m.exec(docs)![1]!.split(" "));
  await expect
    .poll(async () => {
      const running = new Running(stats, `redis://watcher:secret@127.0.0.1:${port}`, ONCE);
      return [await running.ended, running.stdout];
    }, PATIENCE)
    .toEqual([ExitCode.ok, expect.stringMatching(/1 process of[^]*\nRedis \d/)]);
  await admin.call("ACL", ["SETUSER", "watcher", "resetchannels"]);
  const { code, stderr } = await runHere(["stats", "--redis", `redis://watcher:secret@127.0.0.1:${port}`, "--once"]);
  expect(stderr).toMatch(/does not let answers of processes be heard: .*&evercache:said:/);
  expect(code).toBe(ExitCode.unreachable);
  await admin.call("ACL", ["SETUSER", "watcher", "-info"]);
  const without = await runHere(["stats", "--redis", `redis://watcher:secret@127.0.0.1:${port}`, "--once"]);
  expect(without.stderr).toMatch(/it did not answer within 5000 ms: NOPERM .*info/);
  expect(without.code).toBe(ExitCode.unreachable);
});

it("says that Redis cannot be reached", async () => {
  const { code } = await runHere(["stats", "--redis", "redis://127.0.0.1:1", "--once"]);
  expect(code).toBe(ExitCode.unreachable);
});
