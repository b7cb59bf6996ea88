import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { readDashboard } from "./dashboard.js";

const folder = fileURLToPath(new URL("../../examples/observability", import.meta.url));
const read = (name: string): unknown => parse(readFileSync(path.join(folder, name), "utf8"));

interface Service {
  readonly image: string;
  readonly volumes?: readonly string[];
  readonly ports: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly extra_hosts?: readonly string[];
}

const { services } = read("compose.yml") as { services: Record<"redis" | "prometheus" | "grafana", Service> };

/** Of a service, from its own path to the one on the host. */
function mounts({ volumes = [] }: Service): Map<string, string> {
  return new Map(
    volumes.map((volume) => {
      const [from, to] = volume.split(":") as [string, string];
      return [to, path.join(folder, from)];
    }),
  );
}

it("mounts what there is", () => {
  const paths = Object.values(services).flatMap((service) => [...mounts(service).values()]);
  expect(paths).toHaveLength(5);
  expect(paths.filter((name) => !existsSync(name))).toEqual([]);
});

it("is open to this machine alone, each service on a port of its own", () => {
  const ports = Object.values(services).flatMap((service) => service.ports);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  const taken = ports.map((port) => port.split(":")[1]);
  // 3000 is the shop's.
  expect(new Set([...taken, "3000"]).size).toBe(taken.length + 1);
});

it("names versions", () => {
  for (const { image } of Object.values(services)) expect(image).toMatch(/:v?\d+\.\d+/);
});

it("has Prometheus scrape the shop's own port, with the alerts", () => {
  const config = read("prometheus.yml") as {
    rule_files: string[];
    scrape_configs: { metrics_path?: string; static_configs: { targets: string[] }[] }[];
  };
  const mounted = mounts(services.prometheus);
  expect(config.rule_files.map((file) => path.relative(folder, mounted.get(file)!))).toEqual([
    "../../docs/observability/alerts.yml",
  ]);
  const [{ metrics_path: metricsPath = "/metrics", static_configs: statics } = { static_configs: [] }] =
    config.scrape_configs;
  const server = readFileSync(path.join(folder, "../express-api/src/server.ts"), "utf8");
  const [, port] = /env\["PORT"\] \?\? (\d+)/.exec(server)!;
  expect([metricsPath, statics[0]?.targets]).toEqual(["/metrics", [`host.docker.internal:${port}`]]);
  expect(services.prometheus.extra_hosts).toEqual(["host.docker.internal:host-gateway"]);
});

it("has Grafana find its data source and the dashboard", () => {
  const mounted = mounts(services.grafana);
  const { datasources } = read("grafana/datasources/prometheus.yml") as {
    datasources: { type: string; url: string; isDefault: boolean }[];
  };
  const [own] = services.prometheus.ports.map((port) => port.split(":")[2]);
  expect(datasources).toMatchObject([{ type: "prometheus", url: `http://prometheus:${own}`, isDefault: true }]);
  const { providers } = read("grafana/dashboards/evercache.yml") as { providers: { options: { path: string } }[] };
  const [dashboard] = [...mounted].filter(([to]) => to.startsWith(providers[0]!.options.path));
  expect(JSON.parse(readFileSync(dashboard![1], "utf8"))).toEqual(readDashboard());
  expect(services.grafana.environment?.["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).toBe(dashboard![0]);
});
