import type { Form, Measures, Precision } from "./measures.js";

const ORDER = [
  "primary key, found",
  "primary key, not found",
  "unique key, found",
  "unique key, not found",
  "list by value",
  "row with relations",
  "other",
];

/** The figures of one database as text. */
export function report(database: string, measures: Measures): string {
  const forms = ORDER.flatMap((name) => {
    const form = measures.forms.get(name);
    return form ? [{ name, ...form }] : [];
  });
  const byKey = forms.filter(({ name }) => name.includes(" key, "));
  const others = forms.filter((form) => !byKey.includes(form));
  const rows = [
    ["read", "asked", "hits", "left as it was", "asked again", "by model", "of a written model", "asked again"],
    ...byKey.map((form) => cellsOf(form.name, [form])),
    cellsOf("any key", byKey),
    ...others.map((form) => cellsOf(form.name, [form])),
    cellsOf("all", forms),
  ];
  const writes = [
    ["write", "count", "refused"],
    ...[...measures.writeKinds]
      .toSorted(([, a], [, b]) => b.count - a.count)
      .map(([kind, { count, refused }]) => [kind, String(count), percent(refused, count)]),
  ];
  return [
    `\n${database}`,
    table(rows),
    "",
    table(writes),
    "",
    `refused: ${counts(measures.refusals)}`,
    `reads: ${counts(measures.readOperations)}`,
    `keys asked again needlessly after: ${counts(measures.keysDroppedBy) || "nothing"}`,
    `past the cache: ${counts(measures.bypasses) || "none"}`,
    ...(measures.mismatches > 0 ? [`mismatches: ${counts(measures.mismatchesBy)}`] : []),
    summary(database, measures),
  ].join("\n");
}

/** One line. */
export function summary(database: string, measures: Measures): string {
  const { histories, operations, writes, comparisons, mismatches, seconds, writeKinds } = measures;
  const refused = [...writeKinds.values()].reduce((count, kind) => count + kind.refused, 0);
  const rate = Math.round(comparisons / seconds);
  return (
    `${database}: ${operations} operations in ${histories} histories, ${writes} writes (${percent(refused, writes)} refused), ` +
    `${comparisons} reads compared (${rate}/s), ${mismatches} mismatches`
  );
}

function cellsOf(name: string, forms: readonly Form[]): string[] {
  const asked = sum(forms, ({ asked: count }) => count);
  const hits = sum(forms, ({ hits: count }) => count);
  const of = (part: keyof Precision) => sum(forms, ({ precision }) => precision[part]);
  return [
    name,
    String(asked),
    percent(hits, asked),
    ...precisionCells({
      reads: of("reads"),
      dropped: of("dropped"),
      droppedByModel: of("droppedByModel"),
      droppedOfModel: of("droppedOfModel"),
    }),
  ];
}

function precisionCells({ reads, dropped, droppedByModel, droppedOfModel }: Precision): string[] {
  return [
    String(reads),
    percent(dropped, reads),
    percent(droppedByModel, reads),
    String(droppedByModel),
    percent(droppedOfModel, droppedByModel),
  ];
}

function sum(forms: readonly Form[], of: (form: Form) => number): number {
  return forms.reduce((all, form) => all + of(form), 0);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

function counts(map: ReadonlyMap<string, number>): string {
  const entries = [...map].toSorted(([, a], [, b]) => b - a);
  return entries.map(([name, count]) => `${name} ${count}`).join(", ");
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}
