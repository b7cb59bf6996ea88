import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { EventHub } from "../../../core/src/event-hub.js";
import { monitor } from "../../src/commands/monitor.js";
import { ExitCode } from "../../src/exit-codes.js";
import { runHere } from "../kit.js";
import { application, NAMESPACE, PATIENCE, redis, Running } from "./observe-kit.js";

it("prints what all processes do, one a line, and says how many they are", async () => {
  const { url } = await redis();
  const [a, b] = await Promise.all([application({ url }), application({ url })]);
  const running = new Running(monitor, url, {});
  await running.until(({ stderr }) => expect(stderr).toMatch(/2 processes answer: \S+:\d+, \S+:\d+\n/));
  await Promise.all([a.read(), b.read()]);
  await running.until(({ stdout }) =>
    expect(stdout.match(/^[\d:.]+ {2}\S+:\d+ {2}hit {9}Product\.findUnique {2}redis .* Product:id=1$/gm)).toHaveLength(
      2,
    ),
  );
  expect(await running.interrupt()).toBe(ExitCode.ok);
});

it("prints lines of JSON, of the models and types that are asked for", async () => {
  const { url } = await redis();
  const { cache, read } = await application({ url });
  const running = new Running(monitor, url, { type: "miss,pause", model: ["Product"] }, { json: true });
  await running.until(({ stderr }) => expect(stderr).toContain("1 process answers"));
  await read();
  cache.report({ type: "bypass", model: "Product", operation: "count", reason: "policy" });
  await read(2);
  cache.pause(true);
  await running.until(({ stdout }) => expect(stdout.split("\n")).toHaveLength(3));
  expect(
    running.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([
    { type: "miss", model: "Product", key: "Product:id=2", process: { pid: process.pid } },
    { type: "pause", isPaused: true },
  ]);
});

it("says how many events were left out", async () => {
  const { url } = await redis();
  const { read } = await application({ url });
  const running = new Running(monitor, url, { perSecond: 1, type: "hit" });
  await running.until(({ stderr }) => expect(stderr).toContain("1 process answers"));
  for (let i = 0; i < 20; i++) await read();
  await running.until(({ stderr }) => expect(stderr).toMatch(/\d+ more events were left out\./));
});

it("says why nobody answers, and goes on waiting", async () => {
  const { url } = await redis();
  const running = new Running(monitor, url, {});
  await running.until(({ stderr }) => expect(stderr).toMatch(/No process answers .*observable: true/));
  await application({ url });
  await running.until(({ stderr }) => expect(stderr).toContain("1 process answers"));
});

it("lets processes be, when it is killed", async () => {
  const { url } = await redis();
  const { read } = await application({ url });
  const isObserved = observation();
  const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const child = spawn(
    process.execPath,
    ["--import", tsx, main, "monitor", "--redis", url, "--namespace", NAMESPACE, "--json"],
    {
      env: { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL("./tsconfig.json", import.meta.url)) },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  await expect
    .poll(async () => {
      await read();
      return lines.length;
    }, PATIENCE)
    .toBeGreaterThan(0);
  expect(isObserved()).toBe(true);
  child.kill("SIGKILL");
  await expect
    .poll(async () => {
      await read();
      return isObserved();
    }, PATIENCE)
    .toBe(false);
});

/** Whether a cache is listened to for a tool, from now on. */
function observation(): () => boolean {
  let listeners = 0;
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { on } = EventHub.prototype;
  const spy = vi.spyOn(EventHub.prototype, "on").mockImplementation(function (this: EventHub, listener, options) {
    const stop = on.call(this, listener, options);
    // Those of tools count.
    if (options?.takesWarnings !== false) return stop;
    listeners++;
    return () => {
      listeners--;
      stop();
    };
  });
  onTestFinished(() => spy.mockRestore());
  return () => listeners > 0;
}

it.each([
  [["--type", "hit,mis"], /there is no type "mis"/],
  [["--per-second", "5000"], /--per-second: write 1000 or less/],
])("refuses %j", async (argv, says) => {
  const { code, stderr } = await runHere(["monitor", "--redis", "redis://127.0.0.1:1", ...argv]);
  expect(stderr).toMatch(says);
  expect(code).toBe(ExitCode.usage);
});
