import { createRedisStore } from "@evercache/redis";
import { expect, it, onTestFinished } from "vitest";
import type { Finding } from "../../src/doctor/finding.js";
import { judgeProcesses } from "../../src/doctor/judge/processes.js";
import { runHere } from "../kit.js";
import { application, NAMESPACE, PATIENCE, redis } from "./observe-kit.js";

const diagnose = async (url: string) => {
  const { stdout } = await runHere(["doctor", "--json", "--redis", url, "--namespace", NAMESPACE]);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return findings.filter(({ id }) => /^(?:processes|versions)/.test(id));
};

it("doctor asks processes which version they have", async () => {
  const { url } = await redis();
  expect(await diagnose(url)).toMatchObject([{ severity: "ok", found: expect.stringMatching(/^None answers/) }]);
  await application({ url });
  await expect
    .poll(() => diagnose(url), PATIENCE)
    .toEqual([{ id: "processes", severity: "ok", found: "1 process of evercache 1.2.3." }]);
  await application({ url, version: "1.3.0" });
  await expect
    .poll(() => diagnose(url), PATIENCE)
    .toMatchObject([
      {
        id: "versions",
        severity: "warning",
        found: "Processes have several versions of evercache: 1.2.3 (1), 1.3.0 (1).",
      },
    ]);
});

it("doctor lets processes be that tell less", async () => {
  const { url } = await redis();
  const store = createRedisStore({ redis: url, namespace: NAMESPACE });
  onTestFinished(() => store.close());
  const process = { id: "a-process", host: "host", pid: 1, startedAt: 1, version: "1.0.0" };
  const reads = { hit: 0, l1Hit: 0, stale: 0, miss: 0, bypass: 0 };
  const stats = { reads, loads: { count: 0 }, models: {} };
  await new Promise<void>((resolve) => {
    store.hear("requests", {
      onHearing: resolve,
      onLost: () => {},
      onMessage(text) {
        const { reply, round } = JSON.parse(text) as { reply: string; round: number };
        void store.say(reply, JSON.stringify({ evercache: 1, tell: "stats", process, round, leftOut: 0, stats }));
      },
    });
  });
  await expect.poll(() => diagnose(url), PATIENCE).toMatchObject([{ found: "1 process of evercache 1.0.0." }]);
});

it("doctor takes what processes say for what it is", () => {
  const process = { name: "a:1", version: "1.0.0", isForeign: false, isCutOff: false };
  const judge = (heard: number, ...answers: (typeof process)[]) =>
    judgeProcesses({ heard, answers }).map(({ id, severity }) => `${id}: ${severity}`);
  expect(judgeProcesses(undefined)).toEqual([]);
  expect(judge(2, process, process)).toEqual(["processes: ok"]);
  expect(judge(2, process)).toEqual(["processes: note"]);
  expect(judge(1, { ...process, isForeign: true })).toEqual(["processes-foreign: warning"]);
  expect(judge(1, { ...process, isCutOff: true })).toEqual(["processes-cut-off: warning"]);
});
