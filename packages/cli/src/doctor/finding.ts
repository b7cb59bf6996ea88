/** How bad it is. `ok`: as it should be. `note`: worth knowing, nothing to do. */
export type Severity = "ok" | "note" | "warning" | "error";

/** What a check has found. */
export type Finding =
  | {
      /** Stable: programs may compare it. */
      readonly id: string;
      readonly severity: "ok";
      readonly found: string;
      /** Which one it is about, where there are several: `host:port`. */
      readonly server?: string;
    }
  | {
      readonly id: string;
      readonly severity: Exclude<Severity, "ok">;
      readonly found: string;
      /** Why it matters. */
      readonly why: string;
      /** What to do. */
      readonly advice: string;
      readonly server?: string;
    };

type Says = readonly [found: string, why: string, advice: string];

export function ok(id: string, found: string): Finding {
  return { id, severity: "ok", found };
}

export function note(id: string, ...[found, why, advice]: Says): Finding {
  return { id, severity: "note", found, why, advice };
}

export function warning(id: string, ...[found, why, advice]: Says): Finding {
  return { id, severity: "warning", found, why, advice };
}

export function error(id: string, ...[found, why, advice]: Says): Finding {
  return { id, severity: "error", found, why, advice };
}

/** How many findings of each severity there are. */
export function countSeverities(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { ok: 0, note: 0, warning: 0, error: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}
