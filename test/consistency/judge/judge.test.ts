import { describe, expect, it } from "vitest";
import { completeList, total, versionOf, type Observation } from "../workload/observation.js";
import { ITEM_ROWS, rowOf, type State } from "../workload/universe.js";
import { judge, type Evidence, type ReadLog, type ViolationKind } from "./judge.js";
import type { HistoryRow, WriteRecord } from "./timeline.js";

const ITEM = rowOf("Item", 1);
const OTHER = rowOf("Item", 2);

const state = (version: number, nonce: number, more: Partial<State> = {}): State => ({
  version,
  nonce,
  alive: true,
  team: 1,
  kind: "A",
  mark: 1,
  ...more,
});

/** Every item at the start, then what is given of item 1. */
function history(...later: readonly State[]): HistoryRow[] {
  const seeds = ITEM_ROWS.map((row) => ({ row, ...state(1, 0) }));
  return [...seeds, ...later.map((each) => ({ row: ITEM, ...each }))];
}

function write(nonce: number, start: number, end: number, more: Partial<WriteRecord> = {}): WriteRecord {
  const known = {
    worker: "writer",
    form: "update",
    outcome: "acknowledged",
    rows: 1,
    deleted: null,
    exposedUntil: null,
  } as const;
  return { nonce, start, end, ...known, ...more };
}

interface Read {
  readonly start: number;
  readonly end: number;
  readonly saw: readonly Observation[];
}

const saw = (version: number, nonce: number) => [versionOf(ITEM, { id: 1, version, nonce })];
const read = (start: number, end: number, observations: readonly Observation[]): Read => ({
  start,
  end,
  saw: observations,
});

function logOf(worker: string, reads: readonly Read[]): ReadLog {
  return {
    worker,
    answers: reads.map(({ saw: observations }) => ({ query: "query", text: "answer", observations })),
    count: reads.length,
    start: (i) => reads[i]!.start,
    end: (i) => reads[i]!.end,
    answer: (i) => i,
    status: () => "unasked",
  };
}

/** The kinds that were found, each with its number. */
function found(evidence: Omit<Evidence, "reads">, reads: readonly Read[]): Partial<Record<ViolationKind, number>> {
  const { counts } = judge({ ...evidence, reads: [logOf("reader", reads)] });
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

describe("a row that was written once", () => {
  const once = { history: history(state(2, 7)), writes: [write(7, 100, 200)] };

  it("may be seen old until the write is acknowledged, and new from when it began", () => {
    const reads = [
      read(0, 10, saw(1, 0)),
      read(150, 160, saw(1, 0)),
      read(200, 900, saw(1, 0)),
      read(100, 950, saw(2, 7)),
    ];
    expect(found(once, reads)).toEqual({});
  });

  it("is stale where it is old and the read began after the acknowledgement", () => {
    expect(found(once, [read(201, 210, saw(1, 0))])).toEqual({ stale: 1 });
  });

  it("may be seen old for ever where nobody was told of the write's end", () => {
    const writes = [write(7, 100, 200, { outcome: "unknown" })];
    expect(found({ ...once, writes }, [read(500, 510, saw(1, 0))])).toEqual({});
  });

  it("is exposed until the writer could tell the cache", () => {
    const writes = [write(7, 100, 200, { exposedUntil: 300 })];
    expect(found({ ...once, writes }, [read(201, 310, saw(1, 0))])).toEqual({ exposed: 1 });
    expect(found({ ...once, writes }, [read(301, 310, saw(1, 0))])).toEqual({ stale: 1 });
  });

  it("is exposed whatever others write to the row, who know nothing of the version that was exposed", () => {
    const deletion = write(7, 100, 200, { rows: 0, deleted: [ITEM, 2], exposedUntil: 700 });
    const states = [state(2, -1, { alive: false }), state(3, 8), state(4, 9)];
    const writes = [deletion, write(8, 300, 400), write(9, 500, 600)];
    const evidence = { history: history(...states), writes };
    expect(found(evidence, [read(601, 610, saw(1, 0))])).toEqual({ exposed: 1 });
    expect(found(evidence, [read(701, 710, saw(1, 0))])).toEqual({ stale: 1 });
    // The others did tell of what they changed themselves.
    expect(found(evidence, [read(601, 610, saw(3, 8))])).toEqual({ stale: 1 });
  });

  it("is dirty where it is new before the write began", () => {
    expect(found(once, [read(50, 99, saw(2, 7))])).toEqual({ dirty: 1 });
  });

  it("is dirty with a version, or a nonce, that was never committed", () => {
    expect(found(once, [read(150, 160, saw(3, 8)), read(150, 160, saw(2, 8))])).toEqual({ dirty: 2 });
  });

  it("goes back where another reader had the new version before the read began", () => {
    const reads = [read(110, 120, saw(2, 7)), read(121, 130, saw(1, 0))];
    expect(found(once, reads)).toEqual({ nonMonotonic: 1 });
    expect(found(once, [read(110, 120, saw(2, 7)), read(119, 130, saw(1, 0))])).toEqual({});
  });
});

describe("a reader that lags", () => {
  const once = { history: history(state(2, 7)), writes: [write(7, 100, 200)] };
  const lagging = (worker: string, reads: readonly Read[]) => ({ ...logOf(worker, reads), lag: 50 });

  it("may miss for so long what others have acknowledged", () => {
    const reads = [
      lagging("reader", [read(201, 210, saw(1, 0)), read(250, 260, saw(1, 0)), read(251, 260, saw(1, 0))]),
    ];
    const { counts, lagging: figures } = judge({ ...once, reads });
    expect(counts).toMatchObject({ stale: 1, dirty: 0, nonMonotonic: 0 });
    expect(figures).toEqual({ reads: 3, late: 3, p999: 51, longest: 51 });
  });

  it("may not miss what its own process has acknowledged", () => {
    expect(judge({ ...once, reads: [lagging("writer", [read(201, 210, saw(1, 0))])] }).counts.stale).toBe(1);
  });

  it("does not excuse those that do not", () => {
    const late = [read(201, 210, saw(1, 0))];
    expect(judge({ ...once, reads: [lagging("one", late), logOf("other", late)] }).counts.stale).toBe(1);
  });

  it("misses for so long also what others have seen", () => {
    const seen = logOf("other", [read(110, 120, saw(2, 7))]);
    const reads = [read(150, 160, saw(1, 0)), read(171, 180, saw(1, 0))];
    expect(judge({ ...once, reads: [seen, lagging("reader", reads)] }).counts.nonMonotonic).toBe(1);
  });

  it("is on time in most of its reads", () => {
    const reads = Array.from({ length: 2000 }, (_, i) =>
      i < 3 ? read(201 + i, 300, saw(1, 0)) : read(201, 300, saw(2, 7)),
    );
    const { lagging: figures } = judge({ ...once, reads: [lagging("reader", reads)] });
    expect(figures).toEqual({ reads: 2000, late: 3, p999: 1, longest: 3 });
  });
});

describe("a row that is not in a list", () => {
  const inTeamOne = (each: State) => each.alive && each.team === 1;
  const moved = { history: history(state(2, 7, { team: 2 })), writes: [write(7, 100, 200)] };
  const without = ITEM_ROWS.filter((row) => row !== ITEM).map((row) => versionOf(row, { id: 0, version: 1, nonce: 0 }));
  const list = [...without, ...completeList(inTeamOne, new Set(ITEM_ROWS.filter((row) => row !== ITEM)))];

  it("may have left it from when the write began", () => {
    expect(found(moved, [read(150, 160, list), read(500, 510, list)])).toEqual({});
  });

  it("is a violation before, and when it has come back", () => {
    expect(found(moved, [read(10, 20, list)])).toEqual({ stale: 1 });
    const back = {
      history: [...moved.history, { row: ITEM, ...state(3, 8) }],
      writes: [...moved.writes, write(8, 300, 400)],
    };
    expect(found(back, [read(350, 360, list), read(401, 410, list)])).toEqual({ stale: 1 });
  });

  it("may be deleted; the deletion is known by its version", () => {
    const deleted = {
      history: history(state(2, -1, { alive: false })),
      writes: [write(7, 100, 200, { rows: 0, deleted: [ITEM, 2] })],
    };
    expect(found(deleted, [read(150, 160, list), read(201, 210, list)])).toEqual({});
    expect(found(deleted, [read(201, 210, saw(1, 0))])).toEqual({ stale: 1 });
  });
});

describe("a total", () => {
  const versions = (value: number) => [total(({ version }) => version, value)];
  const count = ITEM_ROWS.length;
  const once = { history: history(state(2, 7)), writes: [write(7, 100, 200)] };

  it("is old or new while a write is under way", () => {
    expect(found(once, [read(150, 160, versions(count)), read(150, 160, versions(count + 1))])).toEqual({});
  });

  it("is stale when it is old, and wrong when it is neither", () => {
    expect(found(once, [read(201, 210, versions(count))])).toEqual({ stale: 1 });
    expect(found(once, [read(150, 160, versions(count + 2))])).toEqual({ stale: 1 });
  });
});

describe("a write", () => {
  it("is lost where it was acknowledged and is not in the history, in whole or in part", () => {
    expect(found({ history: history(), writes: [write(7, 100, 200)] }, [])).toEqual({ lost: 1 });
    expect(found({ history: history(state(2, 7)), writes: [write(7, 100, 200, { rows: 2 })] }, [])).toEqual({
      lost: 1,
    });
    const deletion = write(7, 100, 200, { rows: 0, deleted: [OTHER, 2] });
    expect(found({ history: history(), writes: [deletion] }, [])).toEqual({ lost: 1 });
  });

  it("is a phantom where it was refused and is there", () => {
    const refused = write(7, 100, 200, { outcome: "refused", rows: null });
    expect(found({ history: history(state(2, 7)), writes: [refused] }, [])).toEqual({ phantom: 1 });
    expect(found({ history: history(), writes: [refused] }, [])).toEqual({});
  });
});

it("tells which read it was, and which writes were around it", () => {
  const reads = [logOf("reader", [read(201e6, 202e6, saw(1, 0))])];
  const { samples } = judge({ history: history(state(2, 7)), writes: [write(7, 100e6, 200e6)], reads });
  expect(samples).toHaveLength(1);
  expect(samples[0]?.text).toContain("query in reader, 201.000 to 202.000 ms");
  expect(samples[0]?.text).toContain(
    "version 2, team 1 kind A mark 1: update in writer, nonce 7, 100.000 to 200.000 ms",
  );
});
