import type { Finding } from "../../src/doctor/finding.js";
import { Info } from "../../src/connection/info.js";

/** Findings in short. */
export function brief(findings: readonly Finding[]): string[] {
  return findings.map(({ id, severity }) => `${id}: ${severity}`);
}

/** What `INFO` says. */
export function info(fields: Readonly<Record<string, string | number>>): Info {
  const lines = Object.entries(fields).map(([name, value]) => `${name}:${value}`);
  return new Info(lines.join("\r\n"));
}
