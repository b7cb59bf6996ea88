import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LRUCache } from "../src/lru-cache.js";

describe("the least recently used cache", () => {
  it("drops what was used least recently; looking by peek is no use", () => {
    const cache = new LRUCache<string, number>({ max: 3 });
    cache.set("a", 1);
    cache.set("b", 2);
    cache.set("c", 3);
    expect(cache.get("a")).toBe(1);
    expect(cache.peek("b")).toBe(2);
    cache.set("d", 4);
    expect([...cache.keys()].sort()).toEqual(["a", "c", "d"]);
    cache.set("c", 5);
    cache.set("e", 6);
    expect([...cache.keys()].sort()).toEqual(["c", "d", "e"]);
    expect(cache.get("c")).toBe(5);
  });

  it("holds undefined like any value, and tells of each that goes, once", () => {
    const disposed: unknown[] = [];
    const cache = new LRUCache<string, unknown>({ max: 2, dispose: (value) => disposed.push(value) });
    cache.set("a", undefined);
    cache.set("a", 1);
    cache.set("a", 1);
    cache.set("b", 2);
    cache.set("c", 3);
    cache.delete("b");
    cache.delete("b");
    expect(disposed).toEqual([undefined, 1, 2]);
    cache.set("d", 4);
    cache.clear();
    expect(disposed).toEqual([undefined, 1, 2, 3, 4]);
    expect(cache.size).toBe(0);
  });

  it("does not keep what is larger than all may be together, nor what it was to replace", () => {
    const disposed: number[] = [];
    const cache = new LRUCache<string, number>({ max: 9, maxSize: 10, dispose: (value) => disposed.push(value) });
    cache.set("a", 1, { size: 4 });
    cache.set("b", 2, { size: 6 });
    cache.set("a", 3, { size: 11 });
    expect([...cache.keys()]).toEqual(["b"]);
    expect(disposed).toEqual([1]);
    cache.set("c", 4, { size: Number.NaN });
    expect(cache.peek("c")).toBeUndefined();
  });

  it("may lose keys while they are gone through", () => {
    const cache = new LRUCache<number, number>({ max: 9 });
    for (let i = 0; i < 9; i++) cache.set(i, i);
    for (const key of cache.keys()) if (key % 2 === 0) cache.delete(key);
    expect([...cache.keys()]).toEqual([1, 3, 5, 7]);
  });

  it("holds nothing where nothing is allowed", () => {
    const disposed: number[] = [];
    const cache = new LRUCache<string, number>({ max: 0, dispose: (value) => disposed.push(value) });
    cache.set("a", 1);
    expect(cache.get("a")).toBeUndefined();
    expect(disposed).toEqual([1]);
  });

  it.each([{ max: -1 }, { max: Number.NaN }, { max: 1, maxSize: Number.NaN }])("refuses %o", (options) => {
    expect(() => new LRUCache(options)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});

type Step = readonly ["get" | "peek" | "delete", number] | readonly ["set", number, number] | readonly ["clear"];

const anyKey = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.constantFrom("get", "peek", "delete"), anyKey) },
  { weight: 12, arbitrary: fc.tuple(fc.constant("set"), anyKey, fc.nat(12)) },
  { weight: 1, arbitrary: fc.constant(["clear"] as const) },
);

/** What is held, the least recently used first: an array says the same as the cache, slowly. */
class Model {
  readonly held: { key: number; value: number; size: number }[] = [];
  readonly disposed: number[] = [];

  constructor(
    private readonly max: number,
    private readonly maxSize: number,
  ) {}

  take(key: number) {
    const at = this.held.findIndex((item) => item.key === key);
    return at < 0 ? undefined : this.held.splice(at, 1)[0];
  }

  drop(item: { value: number } | undefined): void {
    if (item) this.disposed.push(item.value);
  }

  set(key: number, value: number, size: number): void {
    this.drop(this.take(key));
    if (size > this.maxSize) return;
    this.held.push({ key, value, size });
    const total = () => this.held.reduce((sum, item) => sum + item.size, 0);
    while (this.held.length > this.max || total() > this.maxSize) this.drop(this.held.shift());
  }
}

it("says what an array in the order of use says, whatever is done", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(20),
      (steps, max, maxSize) => {
        const disposed: number[] = [];
        const cache = new LRUCache<number, number>({ max, maxSize, dispose: (value) => disposed.push(value) });
        const model = new Model(max, maxSize);
        let nextValue = 0;
        for (const [command, of = 0, size = 0] of steps) {
          switch (command) {
            case "get": {
              const item = model.take(of);
              if (item) model.held.push(item);
              expect(cache.get(of)).toBe(item?.value);
              break;
            }
            case "peek":
              expect(cache.peek(of)).toBe(model.held.find((item) => item.key === of)?.value);
              break;
            case "delete":
              model.drop(model.take(of));
              cache.delete(of);
              break;
            case "set":
              model.set(of, ++nextValue, size);
              cache.set(of, nextValue, { size });
              break;
            case "clear":
              for (const item of model.held.splice(0)) model.drop(item);
              cache.clear();
              break;
            default:
              command satisfies never;
          }
          expect(new Set(cache.keys())).toEqual(new Set(model.held.map((item) => item.key)));
          expect(cache.size).toBe(model.held.length);
        }
        expect([...disposed].sort(byNumber)).toEqual([...model.disposed].sort(byNumber));
      },
    ),
    { numRuns: 300 },
  );
});

const byNumber = (one: number, other: number) => one - other;
