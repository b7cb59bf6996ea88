import { randomUUID } from "node:crypto";
import type { CacheEvent } from "@evercache/prisma";
import { expect, onTestFinished, test, vi } from "vitest";
import { redisUrl } from "../setup/client.js";
import { cachedShop, ROW, type Cached, type Options } from "./fast-path-clients.js";

/** Lets time pass that nobody waits for: nothing is under way meanwhile. */
function controlClock(): (milliseconds: number) => void {
  const now = performance.now.bind(performance);
  let passed = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + passed);
  onTestFinished(() => clock.mockRestore());
  return (milliseconds) => void (passed += milliseconds);
}

async function setUp(options: Options) {
  const pass = controlClock();
  const { cached, requests } = await cachedShop({
    ...options,
    defaults: { ttl: "1d", list: { adaptive: PATIENT }, ...options.defaults },
  });
  const events: Extract<CacheEvent, { type: "adaptive" }>[] = [];
  cached.$cache.on("event", (event) => event.type === "adaptive" && events.push(event));
  let writes = 0;
  const write = () => cached.product.update({ ...ROW, data: { name: `Version ${++writes}` } });
  return {
    cached,
    requests,
    events,
    pass,
    write,
    name: () => `Version ${writes}`,
    /** Writes, and as many reads. */
    alternate: async (times: number, read: () => PromiseLike<unknown>) => {
      for (let i = 0; i < times; i++) {
        await write();
        await read();
      }
    },
  };
}

/** So long that what the test itself takes makes no difference. */
const WINDOW = 120_000;
const OFF_FOR = 180_000;
const PATIENT = { window: "2m", offFor: "3m" } as const;

const LIST = { where: { id: { lte: 3 } }, orderBy: { id: "asc" } } as const;

async function statusOf(read: () => ReturnType<Cached["product"]["findMany"]>): Promise<string> {
  const { status, reason } = (await read().withCacheInfo()).info;
  return reason === null ? status : `${status}: ${reason}`;
}

test.each<[string, () => Options]>([
  ["process memory", () => ({})],
  ["process memory, by the hook", () => ({ fastPath: false })],
  ["process memory, with L1", () => ({ defaults: { l1: true } })],
  ["Redis", () => ({ redis: redisUrl(), namespace: `adaptive-${randomUUID()}` })],
  ["Redis, with L1", () => ({ redis: redisUrl(), namespace: `adaptive-${randomUUID()}`, defaults: { l1: true } })],
])("lists that are dropped before they are asked for again are not cached for a while: %s", async (_, options) => {
  const { cached, requests, events, pass, write, name, alternate } = await setUp(options());
  const list = () => cached.product.findMany(LIST);
  const row = () => cached.product.findUnique(ROW);
  const users = () => cached.user.count();
  await alternate(102, list);
  expect(await statusOf(list)).toBe("hit");
  expect(events).toEqual([]);
  pass(WINDOW);
  await alternate(1, list);
  expect(events).toEqual([
    expect.objectContaining({ model: "Product", kind: "list", isOff: true, hits: 1, milliseconds: OFF_FOR }),
  ]);
  expect(cached.$cache.stats().adaptive).toEqual({ off: [{ model: "Product", kind: "list" }], switchedOff: 1 });

  // It is off: each read asks the database, and nothing is stored.
  expect(await statusOf(list)).toBe("bypass: adaptive");
  expect(await cached.$cache.explain(list())).toMatchObject({ verdict: "bypass", reason: "adaptive" });
  const { count } = cached.$cache.stats().loads;
  await expect.poll(() => cached.$cache.stats().fills.stored).toBe(count);
  for (let i = 0; i < 3; i++) {
    await write();
    expect((await list())[0]?.name).toBe(name());
    expect((await requests.of(list)).sent).toBe(1);
  }
  expect(cached.$cache.stats().fills.stored).toBe(count);

  // The model's rows, others' lists, and who says so itself are cached.
  const insisting = () => cached.product.findMany({ ...LIST, cache: { ttl: "1d" } });
  for (const read of [row, users, insisting]) {
    await read();
    await expect.poll(async () => (await requests.of(read)).sent).toBe(0);
  }

  // When the time is over it is on again, and what was stored before is no truer than it was.
  await write();
  pass(OFF_FOR);
  expect(await statusOf(list)).toBe("miss: invalidated");
  expect((await list())[0]?.name).toBe(name());
  await expect.poll(() => statusOf(list)).toBe("hit");
  expect(events.at(-1)).toEqual({ type: "adaptive", model: "Product", kind: "list", isOff: false });
  expect(cached.$cache.stats().adaptive).toEqual({ off: [], switchedOff: 1 });
  for (let i = 0; i < 3; i++) {
    pass(WINDOW);
    expect(await statusOf(list)).toBe("hit");
  }
});

test.each([true, false])("reads of one row where that is asked for; fast path: %s", async (fastPath) => {
  const adaptive = { ...PATIENT, minReads: 5 };
  const { cached, requests, events, pass, alternate } = await setUp({ fastPath, models: { Product: { adaptive } } });
  const row = () => cached.product.findUnique(ROW);
  await alternate(6, row);
  pass(WINDOW);
  await alternate(1, row);
  expect(events).toMatchObject([{ kind: "single", isOff: true }]);
  for (let i = 0; i < 3; i++) expect((await requests.of(row)).sent).toBe(1);
  expect(await cached.$cache.explain(row())).toMatchObject({ reason: "adaptive" });
  pass(OFF_FOR);
  await row();
  await expect.poll(async () => (await requests.of(row)).sent).toBe(0);
});

test.each<[string, Options]>([
  ["it is false", { models: { Product: { adaptive: false } } }],
  ["they are kept for outages", { models: { Product: { staleIfError: "1h" } } }],
])("lists are cached, whatever becomes of them, where %s", async (_, options) => {
  const { cached, events, pass, alternate } = await setUp(options);
  const list = () => cached.product.findMany(LIST);
  await alternate(102, list);
  pass(WINDOW);
  await alternate(2, list);
  expect(await statusOf(list)).toBe("hit");
  expect(events).toEqual([]);
});
