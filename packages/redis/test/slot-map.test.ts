import { assert, constantFrom, nat, property, record, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClusterView } from "../src/cluster-view.js";
import { SlotMap } from "../src/slot-map.js";

const address = (port: number) => ({ host: "127.0.0.1", port });

/** What a node says: owner and config epoch of one slot, and of the nodes that it knows. */
function view(owner: string, epoch: number, others: Record<string, number> = {}): ClusterView {
  return {
    epochs: new Map(Object.entries({ ...others, [owner]: epoch })),
    ranges: [{ first: 0, last: 99, owner, address: address(owner.charCodeAt(0)) }],
  };
}

const [A, B] = [address(97), address(98)];

describe("the map of slots", () => {
  it("knows nobody at first, and then whom it was told", () => {
    const map = new SlotMap();
    expect(map.addressOf(0)).toBeUndefined();
    map.update(view("a", 1));
    expect([map.addressOf(0), map.addressOf(99), map.addressOf(100)]).toEqual([A, A, undefined]);
    expect(map.addresses()).toEqual([A]);
  });

  it("gives a slot to whoever has a higher config epoch, and never back to a lower one", () => {
    const map = new SlotMap();
    map.update(view("a", 1));
    map.update(view("b", 2, { a: 1 }));
    expect(map.addressOf(0)).toEqual(B);
    // The old primary, which has not heard of it.
    map.update(view("a", 1, { b: 0 }));
    expect(map.addressOf(0)).toEqual(B);
    expect(map.addresses()).toEqual([B]);
    map.update(view("a", 3, { b: 2 }));
    expect(map.addressOf(0)).toEqual(A);
  });

  it("follows a node to another address", () => {
    const map = new SlotMap();
    map.update(view("a", 1));
    map.update({ ...view("a", 1), ranges: [{ first: 0, last: 99, owner: "a", address: address(7) }] });
    expect(map.addressOf(0)).toEqual(address(7));
  });

  it("gives the slot of a node that is gone to whoever has it", () => {
    const map = new SlotMap();
    map.update(view("a", 9));
    map.update(view("b", 1));
    expect(map.addressOf(0)).toEqual(B);
  });

  it("leaves out a node whose config epoch it was not told", () => {
    const map = new SlotMap();
    map.update({ ...view("a", 1), epochs: new Map() });
    expect(map.addressOf(0)).toBeUndefined();
  });

  it("ends with the owner of the highest config epoch, in whatever order it is told", () => {
    const claims = uniqueArray(record({ id: constantFrom("a", "b", "c"), epoch: nat(20) }), {
      minLength: 1,
      selector: ({ epoch }) => epoch,
    });
    assert(
      property(claims, (all) => {
        const map = new SlotMap();
        const known = { a: 0, b: 0, c: 0 };
        for (const { id, epoch } of all) map.update(view(id, epoch, { ...known, [id]: epoch }));
        const highest = all.reduce((one, other) => (other.epoch > one.epoch ? other : one));
        expect(map.addressOf(0)).toEqual(address(highest.id.charCodeAt(0)));
      }),
    );
  });
});
