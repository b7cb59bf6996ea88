import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { cacheMetrics } from "../src/index.js";
import { measuredCache } from "./kit.js";

test.each([
  [{ registry: new Registry() }, "UNKNOWN_OPTION", /no option "registry".*register/],
  [{ register: {} }, "INVALID_OPTION", /register: .*new Registry\(\)/],
  [{ namespace: "" }, "INVALID_OPTION", /namespace/],
  [{ redis: undefined }, "INVALID_OPTION", /environment variable/],
  [{ redis: 6379 }, "INVALID_OPTION", /redis: 6379 .*redis:\/\/localhost/],
  [{ redis: "localhost:6379" }, "INVALID_OPTION", /not the URL/],
  [{ redis: "http://user:secret@localhost" }, "INVALID_OPTION", /not the URL/],
  [{ redisTimeout: "soon" }, "INVALID_DURATION", /redisTimeout/],
  [{ buckets: { loads: [1] } }, "UNKNOWN_OPTION", /"loads".*load/],
  [{ buckets: { load: [1, 1] } }, "INVALID_OPTION", /buckets\.load.*ascending/],
  [{ buckets: { load: [] } }, "INVALID_OPTION", /buckets\.load/],
  [{ buckets: { bytes: ["1"] } }, "INVALID_OPTION", /buckets\.bytes/],
])("refuses %o", (options, code, message) => {
  const register = new Registry();
  const wrong = () => cacheMetrics(measuredCache(), { register, ...options } as object);
  expect(wrong).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  expect(register.getMetricsAsArray()).toEqual([]);
});

test("tells no password in an error", () => {
  const wrong = () => cacheMetrics(measuredCache(), { register: new Registry(), redis: "http://me:secret@localhost" });
  expect(wrong).toThrow(expect.objectContaining({ value: "http://***@localhost" }));
  expect(wrong).not.toThrow(/secret/);
});
