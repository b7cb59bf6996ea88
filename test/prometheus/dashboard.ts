import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const at = (name: string) => fileURLToPath(new URL(`../../docs/observability/${name}`, import.meta.url));

export const ALERTS_FILE = at("alerts.yml");

/** One query of a panel, with what Grafana would put in the place of its variables. */
export interface PanelQuery {
  readonly panel: string;
  readonly expression: string;
  readonly legend: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: { readonly uid: string };
  }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
  readonly panels: readonly Panel[];
  readonly __inputs?: unknown;
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(at("grafana.json"), "utf8")) as Dashboard;
}

export function readRules(): Rule[] {
  const { groups } = parse(readFileSync(ALERTS_FILE, "utf8")) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** `interval`: how far back rates look. All caches and models are chosen. */
export function panelQueries({ panels }: Dashboard, interval: string): PanelQuery[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      panel: title,
      expression: expr
        .replaceAll("$__rate_interval", interval)
        .replaceAll("$__range", interval)
        .replaceAll(/\$(?:cache|model)/g, ".*"),
      legend: legendFormat,
    })),
  );
}
