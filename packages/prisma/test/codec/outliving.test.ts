import { Decimal } from "@prisma/client/runtime/client";
import { expect, test } from "vitest";
import { compileCodec } from "../../src/codec/compiled-codec.js";
import { prismaCodec } from "../../src/codec/prisma-codec.js";
import type { Shape, Slot } from "../../src/codec/shape.js";
import { collectYoung, keptBy } from "../young-memory.js";

const column = (name: string, shape: Shape) => ({ name, shape, isNullable: false, isOptional: false });
const ROW: Shape = {
  kind: "row",
  columns: [
    column("id", { kind: "number" }),
    column("price", { kind: "decimal" }),
    column("createdAt", { kind: "date" }),
    column("labels", { kind: "list", of: { kind: "text" } }),
  ],
};
const rows = Array.from({ length: 50 }, (_, id) => ({
  id,
  price: new Decimal(`${id}.99`),
  createdAt: new Date(1e12 + id),
  labels: ["one", `label ${id}`],
}));
const LIST: Slot = { shape: { kind: "list", of: ROW }, isNullable: false };
const NESTED: Slot = { shape: { kind: "row", columns: [column("rows", LIST.shape)] }, isNullable: true };

/** Many are alive at a time, through many collections, for as long as it takes for V8 to compile what makes them accordingly. */
function makeManyAtOnce(make: () => unknown): void {
  for (let round = 0; round < 15; round++) {
    const alive = Array.from({ length: 300 }, make);
    collectYoung();
    expect(alive).toHaveLength(300);
  }
}

test.each<[string, Slot, unknown]>([
  ["a list of rows", LIST, rows],
  ["a row with a list of others", NESTED, { rows }],
])("%s that was made of what is in memory does not outlive the collection of young memory", async (_, slot, value) => {
  const codec = compileCodec(slot, { other: prismaCodec() });
  const bytes = codec.encode(value);
  for (const make of [codec.prepare!(bytes), () => codec.decode(bytes)]) {
    makeManyAtOnce(make);
    expect(await keptBy(make, 500)).toBeLessThan(2000);
  }
});
