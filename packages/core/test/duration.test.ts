import { expect, test } from "vitest";
import { parseDuration } from "../src/duration.js";

test.each([
  [1, 1000],
  [0.5, 500],
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
])("%s is %d ms", (duration, milliseconds) => {
  expect(parseDuration(duration, "ttl")).toBe(milliseconds);
});

test.each([
  [0],
  [-1],
  [Number.NaN],
  [Infinity],
  ["5"],
  ["5 m"],
  ["m"],
  ["-5m"],
  ["5min"],
  ["400d"],
  [null],
  [{}],
  [true],
])("%j is refused with what to write instead", (duration) => {
  expect(() => parseDuration(duration, "defaults.ttl")).toThrow(
    expect.objectContaining({
      code: "INVALID_DURATION",
      value: duration,
      message: expect.stringMatching(/^defaults\.ttl: .*"5m"/),
    }),
  );
});
