import { describe, expect, it } from "vitest";
import { Ledger } from "../src/mix/ledger.js";

const SIZE = { rows: 4, parents: 2 };
const row = (id: number, version = 0, parent = ((id - 1) % 2) + 1) => ({ id, version, parent });

describe("the ledger of a mix", () => {
  it("calls a row stale that is older than what was acknowledged before its read began", () => {
    const ledger = new Ledger(SIZE);
    const before = ledger.now();
    ledger.acknowledge(row(1, 1));
    expect(ledger.isStaleRow(before, 1, row(1, 0))).toBe(false);
    expect(ledger.isStaleRow(ledger.now(), 1, row(1, 0))).toBe(true);
    expect(ledger.isStaleRow(ledger.now(), 1, row(1, 1))).toBe(false);
  });

  it("calls a list stale that lacks a row, or has an old one", () => {
    const ledger = new Ledger(SIZE);
    expect(ledger.isStaleList(ledger.now(), 1, [row(1), row(3)])).toBe(false);
    expect(ledger.isStaleList(ledger.now(), 1, [row(1)])).toBe(true);
    expect(ledger.isStaleList(ledger.now(), 1, [row(3)])).toBe(true);
    ledger.acknowledge(row(3, 1));
    expect(ledger.isStaleList(ledger.now(), 1, [row(1), row(3)])).toBe(true);
    expect(ledger.isStaleList(ledger.now(), 1, [row(1), row(3, 1)])).toBe(false);
  });

  it("knows what was acknowledged at any moment, of rows that were created too", () => {
    const ledger = new Ledger(SIZE);
    const moments = [1, 2, 3].map((version) => {
      ledger.acknowledge(row(7, version));
      return ledger.now();
    });
    // The second is acknowledged after the third.
    ledger.acknowledge(row(7, 2));
    for (const [i, moment] of moments.entries()) {
      expect(ledger.isStaleRow(moment, 7, row(7, i))).toBe(true);
      expect(ledger.isStaleRow(moment, 7, row(7, i + 1))).toBe(false);
    }
    expect(ledger.isStaleRow(0, 7, row(7, 0))).toBe(false);
    expect(ledger.isStaleList(moments[0]!, 1, [row(1), row(3)])).toBe(true);
    expect(ledger.isStaleList(0, 1, [row(1), row(3)])).toBe(false);
  });

  it("finds a row that was deleted or moved away, and not before", () => {
    const ledger = new Ledger(SIZE);
    ledger.acknowledge(row(3, 1, 2));
    expect(ledger.isStaleList(0, 1, [row(1)])).toBe(false);
    expect(ledger.isStaleList(ledger.now(), 1, [row(1)])).toBe(false);
    expect(ledger.isStaleList(ledger.now(), 2, [row(2), row(4)])).toBe(true);
    ledger.acknowledge({ id: 4, version: Infinity, parent: null });
    expect(ledger.isStaleList(ledger.now(), 2, [row(2), row(3, 1, 2), row(4)])).toBe(true);
    expect(ledger.isStaleList(ledger.now(), 2, [row(2), row(3, 1, 2)])).toBe(false);
  });

  it("lets a row that is about to move be missing", () => {
    const ledger = new Ledger(SIZE);
    ledger.beginMove(3);
    expect(ledger.isStaleList(ledger.now(), 1, [row(1)])).toBe(false);
  });
});
