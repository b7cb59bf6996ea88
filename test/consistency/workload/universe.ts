/** The rows that there are. Few, so that workers meet at them. */
export const TEAMS = 4;
export const LABELS = 4;
/** Items that are always there, and behind them those that come and go. */
export const STEADY_ITEMS = 20;
export const ITEMS = 24;
export const ROWS = TEAMS + ITEMS + LABELS;

export const KINDS = ["A", "B", "C"] as const;
export type Kind = (typeof KINDS)[number];
export type ModelName = "Team" | "Item" | "Label";

/** One number for each row of any model, from 0. Ids begin at 1. */
export function rowOf(model: ModelName, id: number): number {
  if (model === "Team") return id - 1;
  return model === "Item" ? TEAMS + id - 1 : TEAMS + ITEMS + id - 1;
}

export function nameOf(row: number): string {
  if (row < TEAMS) return `Team ${row + 1}`;
  return row < TEAMS + ITEMS ? `Item ${row - TEAMS + 1}` : `Label ${row - TEAMS - ITEMS + 1}`;
}

export const slugOf = (item: number): string => `item-${item}`;
export const teamName = (team: number): string => `team-${team}`;
export const labelName = (label: number): string => `label-${label}`;

/** A row as one of its versions left it. Columns that its model does not have are 0 or "". */
export interface State {
  readonly version: number;
  readonly nonce: number;
  readonly alive: boolean;
  readonly team: number;
  readonly kind: string;
  readonly mark: number;
}

export const ITEM_ROWS: readonly number[] = Array.from({ length: ITEMS }, (_, i) => rowOf("Item", i + 1));

/** Every row at its start. */
export const SEED_SQL = `
  INSERT INTO "Team" SELECT i, 'team-' || i, 1, 0 FROM generate_series(1, ${TEAMS}) i;
  INSERT INTO "Label" SELECT i, 'label-' || i, 1, 0 FROM generate_series(1, ${LABELS}) i;
  INSERT INTO "Item" SELECT i, 'item-' || i, i % ${TEAMS} + 1, (ARRAY['A','B','C'])[i % 3 + 1]::"Kind", i % ${LABELS} + 1, 1, 0
    FROM generate_series(1, ${ITEMS}) i;
  INSERT INTO "_ItemToLabel" SELECT "id", "mark" FROM "Item";
`;
export const CLEAR_SQL = `TRUNCATE "Team", "Item", "Label", "_ItemToLabel", "history"`;
