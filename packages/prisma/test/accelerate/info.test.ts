import { expect, it, test } from "vitest";
import { accelerateInfo, signatureOf } from "../../src/accelerate/info.js";

const storedAt = new Date(1000);
const READ = { model: "User", operation: "findMany" };

it.each([
  ["hit", null, "ttl"],
  ["stale", "expired", "swr"],
  ["stale", "unreachable", "swr"],
  ["miss", "expired", "miss"],
  ["bypass", "policy", "none"],
  ["bypass", "query", "none"],
  ["bypass", "transaction", "none"],
  ["bypass", "uncacheable", "none"],
  ["bypass", "quarantined", "miss"],
  ["bypass", "unreachable", "miss"],
  ["bypass", "recovering", "miss"],
  ["bypass", "paused", "miss"],
] as const)("%s, %s: %s", (status, reason, cacheStatus) => {
  const info = accelerateInfo({ status, reason, storedAt: null }, "s");
  expect(info).toMatchObject({ cacheStatus, signature: "s", region: "unspecified" });
});

test("lastModified is when the database gave the result", () => {
  expect(accelerateInfo({ status: "hit", reason: null, storedAt }, "").lastModified).toEqual(storedAt);
  const before = Date.now();
  const { lastModified } = accelerateInfo({ status: "miss", reason: "absent", storedAt: null }, "");
  expect(lastModified.getTime()).toBeGreaterThanOrEqual(before);
  expect(lastModified.getTime()).toBeLessThanOrEqual(Date.now());
});

test("each read has a requestId of its own", () => {
  const ids = [1, 2].map(() => accelerateInfo({ status: "hit", reason: null, storedAt }, "").requestId);
  expect(new Set(ids).size).toBe(2);
});

test("equal reads have equal signatures, whatever their policy, and others have others", () => {
  const signature = signatureOf(READ, { where: { id: 1, name: "a" }, cache: { ttl: 1 } });
  expect(signatureOf(READ, { cache: false, where: { name: "a", id: 1 }, take: undefined })).toBe(signature);
  expect(signatureOf(READ, undefined)).toBe(signatureOf(READ, {}));
  const others = [
    signatureOf(READ, { where: { id: "1", name: "a" } }),
    signatureOf({ ...READ, operation: "findFirst" }, { where: { id: 1, name: "a" } }),
    signatureOf({ ...READ, model: "Post" }, { where: { id: 1, name: "a" } }),
  ];
  expect(new Set([signature, ...others]).size).toBe(4);
  const cyclic: { where?: unknown } = {};
  cyclic.where = cyclic;
  expect(signatureOf(READ, cyclic)).toBe("unspecified");
});
