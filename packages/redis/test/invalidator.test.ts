import { ANY_CUSTOM, customTag } from "@evercache/core";
import { createFaultProxy } from "@evercache/testing";
import { expect, it, test } from "vitest";
import { startRedis } from "../../../test/setup/redis.js";
import { createInvalidator, type InvalidatorOptions } from "../src/index.js";
import { admin, afterwards, connect, LONG, server, stateOf } from "./kit.js";

function invalidator(options: InvalidatorOptions) {
  const made = createInvalidator(options);
  afterwards(() => made.close());
  return made;
}

it("drops what carries one of the tags, and nothing else, from its first call on", async () => {
  const { url } = await server();
  // That of applications which name none.
  const store = await connect({ redis: url, namespace: "evercache" });
  const tags = ["home", "search", "other"].map(customTag);
  const before = await store.mint(tags, [LONG, LONG, LONG]);
  const one = invalidator({ redis: url });
  await one.invalidate({ tags: [] });
  await one.invalidate({ tags: ["home", "search", "home", "never used"] });
  const after = await Promise.all(tags.map((tag) => stateOf(store, tag)));
  expect(after.map((state, i) => state === before[i])).toEqual([false, false, true]);
});

it("drops what is being loaded and has not told its tags yet", async () => {
  const { url } = await server();
  const store = await connect({ redis: url, namespace: "evercache" });
  const [before] = await store.mint([ANY_CUSTOM], [LONG]);
  await invalidator({ redis: url }).invalidate({ tags: ["home"] });
  expect(await stateOf(store, ANY_CUSTOM)).not.toBe(before);
});

it("leaves other namespaces alone", async () => {
  const { url } = await server();
  const store = await connect({ redis: url, namespace: "shop" });
  const [token] = await store.mint([customTag("home")], [LONG]);
  await invalidator({ redis: url, namespace: "blog" }).invalidate({ tags: ["home"] });
  expect(await stateOf(store, customTag("home"))).toBe(token);
  await invalidator({ redis: url, namespace: "shop" }).invalidate({ tags: ["home"] });
  expect(await stateOf(store, customTag("home"))).not.toBe(token);
});

it("tries again until the server is back", async () => {
  const running = await server();
  const proxy = await createFaultProxy({ target: running });
  afterwards(() => proxy.close());
  const store = await connect({ redis: running.url, namespace: "evercache" });
  const tag = customTag("home");
  const [token] = await store.mint([tag], [LONG]);
  const one = invalidator({ redis: { host: proxy.host, port: proxy.port }, timeout: "20s" });
  await one.invalidate({ tags: ["connected"] });
  await proxy.refuse();
  const told = one.invalidate({ tags: ["home"] });
  expect(await stateOf(store, tag)).toBe(token);
  await proxy.accept();
  await told;
  expect(await stateOf(store, tag)).not.toBe(token);
});

it("says so when the server cannot be told", async () => {
  const gone = await startRedis();
  await gone.stop();
  const one = invalidator({ redis: gone.url, timeout: "200ms" });
  const told = one.invalidate({ tags: ["home"] });
  await expect(told).rejects.toMatchObject({
    name: "EvercacheError",
    code: "STORE_UNAVAILABLE",
    message: expect.stringMatching(/within 200 ms.*again/) as string,
    cause: expect.anything() as unknown,
  });
});

it("says so at once when the server refuses", async () => {
  const running = await server();
  const redis = admin(running);
  const one = invalidator({ redis: running.url, timeout: "20s" });
  await one.invalidate({ tags: ["home"] });
  await redis.call("ACL", "SETUSER", "default", "-evalsha", "-eval");
  const began = performance.now();
  await expect(one.invalidate({ tags: ["home"] })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(performance.now() - began).toBeLessThan(10_000);
});

it("is closed once and for all, calls that wait included", async () => {
  const gone = await startRedis();
  await gone.stop();
  const one = invalidator({ redis: gone.url, timeout: "20s" });
  const waiting = expect(one.invalidate({ tags: ["home"] })).rejects.toMatchObject({ code: "CLOSED" });
  await one.close();
  await waiting;
  await expect(one.invalidate({ tags: ["home"] })).rejects.toMatchObject({ code: "CLOSED" });
});

test.each([
  [undefined, /tags: \["home"\]/],
  [{}, /tags: \["home"\]/],
  [{ tags: "home" }, /array of names/],
  [{ tags: [""] }, /array of names/],
  [{ tags: [1] }, /array of names/],
])("a mistake is refused: %j", async (what, message) => {
  const { url } = await server();
  await expect(invalidator({ redis: url }).invalidate(what as never)).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: expect.stringMatching(message) as string,
  });
});

test("wrong options are refused before anything is opened", () => {
  expect(() => createInvalidator({ redis: "http://x" })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  expect(() => createInvalidator({ redis: "redis://x", timeout: "soon" as never })).toThrow(/timeout/);
});
