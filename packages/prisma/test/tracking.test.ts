import { EvercacheError } from "@evercache/core";
import { describe, expect, test } from "vitest";
import { withTracking } from "../src/tracking.js";
import { dataModelOf } from "./schema/prisma-oracle.js";
import { SHOP } from "./schema/schemas.js";

const shop = dataModelOf(SHOP);

function refused(models: unknown, defaults?: unknown): EvercacheError {
  try {
    withTracking(shop, defaults, models);
  } catch (error) {
    if (error instanceof EvercacheError) return error;
    throw error;
  }
  return expect.fail("it was accepted");
}

describe("what could never have an effect is refused, with what to do", () => {
  test.each<[string, object, string, RegExp]>([
    [
      "no array",
      { User: { trackBy: "email" } },
      "INVALID_OPTION",
      /^models\.User\.trackBy: "email".*write an array.*\["status"\]/,
    ],
    ["no names", { User: { volatile: [1] } }, "INVALID_OPTION", /^models\.User\.volatile: \[1\].*write an array/],
    ["no policy", { User: 5 }, "INVALID_OPTION", /^models\.User/],
    [
      "an unknown column",
      { User: { trackBy: ["emial"] } },
      "UNKNOWN_FIELD",
      /^models\.User\.trackBy: emial.*Known are: id, email/,
    ],
    [
      "an unknown volatile column",
      { User: { volatile: ["x"] } },
      "UNKNOWN_FIELD",
      /^models\.User\.volatile: x.*Known are: id/,
    ],
    ["a relation", { User: { trackBy: ["posts"] } }, "UNKNOWN_FIELD", /posts is not a column/],
    [
      "values that cannot be told apart",
      { Reading: { trackBy: ["value"] } },
      "INVALID_OPTION",
      /trackBy: "value".*\(Float\).*Leave it out/,
    ],
    [
      "values that the database rounds",
      { Reading: { trackBy: ["at"] } },
      "INVALID_OPTION",
      /\(DateTime\).*Leave it out/,
    ],
    [
      "a volatile primary key",
      { Reading: { volatile: ["at"] } },
      "INVALID_OPTION",
      /volatile: "at".*part of a key.*Leave it out/,
    ],
    ["a volatile unique key", { Reading: { volatile: ["sensor"] } }, "INVALID_OPTION", /"sensor".*Leave it out/],
    ["a part of one", { User: { volatile: ["tenant", "updatedAt"] } }, "INVALID_OPTION", /"tenant".*Leave it out/],
    ["a volatile foreign key", { Order: { volatile: ["addressId"] } }, "INVALID_OPTION", /"addressId".*Leave it out/],
    [
      "what each update changes",
      { User: { volatile: ["points"] } },
      "INVALID_OPTION",
      /\["points"\].*updatedAt.*Add it/,
    ],
    [
      "an unknown model",
      { User: { alsoWrites: ["Stok"] } },
      "UNKNOWN_MODEL",
      /^models\.User\.alsoWrites:.*Stok.*Known are: User/,
    ],
    [
      "an unknown granularity",
      { User: { granularity: "table" } },
      "INVALID_OPTION",
      /^models\.User\.granularity: "table".*"row" or "model"/,
    ],
  ])("%s", (_, models, code, message) => {
    const error = refused(models);
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
  });

  test("in the defaults, too", () => {
    expect(refused(undefined, { granularity: "rows" }).message).toMatch(
      /^defaults\.granularity: "rows".*"row" or "model"/,
    );
  });
});

test("each model has what its policy says, else what the defaults say", () => {
  const { models } = withTracking(
    shop,
    { granularity: "model" },
    {
      User: { granularity: "row", volatile: ["points", "updatedAt"] },
      Post: { trackBy: ["title"], alsoWrites: ["Tag"] },
      Tag: false,
    },
  );
  const of = (name: string) => models.get(name)?.tracking;
  expect(of("User")).toEqual({
    trackBy: [],
    volatile: ["points", "updatedAt"],
    alsoWrites: [],
    exclude: [],
    granularity: "row",
  });
  expect(of("Post")).toEqual({
    trackBy: ["title"],
    volatile: [],
    alsoWrites: ["Tag"],
    exclude: [],
    granularity: "model",
  });
  expect(of("Tag")?.granularity).toBe("model");
  expect(of("Cart")?.granularity).toBe("model");
  expect(withTracking(shop, false, undefined).models.get("Cart")?.tracking.granularity).toBe("row");
});
