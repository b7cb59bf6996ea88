import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { dieWithParent, ended, findProgram, freePort, scratchFolder, untilReady } from "../setup/child-server.js";
import { ALERTS_FILE } from "./dashboard.js";

/** A Prometheus of one's own, which scrapes a target every other second and watches the alerts of docs/observability. */
export interface PrometheusServer {
  /** The series that an expression has now, and those with a number among their values of the last `seconds`. */
  seriesOf(expression: string, seconds: number): Promise<number>;
  /** Of each alert rule: whether it could be evaluated, and its state. */
  rules(): Promise<{ readonly name: string; readonly health: string; readonly state: string }[]>;
  stop(): Promise<void>;
}

/** Null where there is no `prometheus` on PATH. `target`: `host:port`. */
export async function startPrometheus(target: string): Promise<PrometheusServer | null> {
  const program = findProgram(["prometheus"]);
  if (program === null) return null;
  const { folder, remove } = scratchFolder("prometheus");
  const config = path.join(folder, "prometheus.yml");
  writeFileSync(
    config,
    JSON.stringify({
      // A scrape may take as long as its interval, and waits a second for a Redis that is silent.
      global: { scrape_interval: "2s", evaluation_interval: "1s" },
      rule_files: [ALERTS_FILE],
      scrape_configs: [{ job_name: "shop", static_configs: [{ targets: [target] }] }],
    }),
  );
  const port = await freePort();
  const options = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`];
  const child = spawn(program, [...options, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ready = {
    ready: /Server is ready to receive web requests/,
    portTaken: /address already in use/,
    patience: 30_000,
  };
  if (!(await untilReady(child, ready))) throw new Error(`startPrometheus: port ${port} was taken`);
  const callOff = dieWithParent(child.pid!, folder);

  const ask = async <T>(api: string, query: Readonly<Record<string, string>> = {}): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${api}?${new URLSearchParams(query).toString()}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== "success") throw new Error(`${query["query"]}: ${answer.error}`);
    return answer.data;
  };
  return {
    async seriesOf(expression, seconds) {
      const now = Date.now() / 1000;
      const range = { start: String(now - seconds), end: String(now), step: "1" };
      const { result } = await ask<{ result: { values: [number, string][] }[] }>("query_range", {
        query: expression,
        ...range,
      });
      return result.filter(({ values }) => values.some(([, value]) => Number.isFinite(Number(value)))).length;
    },
    async rules() {
      const { groups } = await ask<{ groups: { rules: { name: string; health: string; state: string }[] }[] }>("rules");
      return groups.flatMap(({ rules }) => rules).map(({ name, health, state }) => ({ name, health, state }));
    },
    async stop() {
      child.kill("SIGTERM");
      await ended(child, 10_000);
      callOff();
      remove();
    },
  };
}
