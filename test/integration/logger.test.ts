import { Writable } from "node:stream";
import type { Logger } from "@evercache/prisma";
import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import winston from "winston";
import { ROW, shop, withCache, type Cached, type Options } from "./fast-path-clients.js";

type Line = Readonly<Record<string, unknown>>;

/** Loggers as applications have them, each with the lines that it has written, in one form. */
const LOGGERS: readonly [string, () => { readonly logger: Logger; readonly lines: Line[] }][] = [
  [
    "pino",
    () => {
      const lines: Line[] = [];
      const write = (text: string) => {
        const { level, msg, ...fields } = JSON.parse(text) as { level: number; msg: string };
        lines.push({ ...fields, level: pino.levels.labels[level], message: msg });
      };
      return { logger: pino({ level: "debug", base: null, timestamp: false }, { write }), lines };
    },
  ],
  [
    "winston",
    () => {
      const lines: Line[] = [];
      const stream = new Writable({
        write(chunk, _, done) {
          lines.push(JSON.parse(String(chunk)) as Line);
          done();
        },
      });
      const transports = [new winston.transports.Stream({ stream })];
      return { logger: winston.createLogger({ level: "debug", format: winston.format.json(), transports }), lines };
    },
  ],
  [
    "the console",
    () => {
      const lines: Line[] = [];
      for (const level of ["debug", "info", "warn", "error"] as const) {
        const spy = vi.spyOn(console, level).mockImplementation((message: unknown, fields: Line) => {
          lines.push({ ...fields, level, message });
        });
        onTestFinished(() => spy.mockRestore());
      }
      return { logger: console, lines };
    },
  ],
];

/** Nobody listens there. */
const NOWHERE = "redis://127.0.0.1:1";

async function useWithoutRedis(client: Cached): Promise<void> {
  await client.product.findUnique(ROW);
  for (let i = 0; i < 5; i++) await client.product.update({ ...ROW, data: { name: `secret ${i}` } });
}

test.each(LOGGERS)("to %s trouble is told, once, with what is known of it and no values", async (_, make) => {
  const { plain } = await shop();
  const { logger, lines } = make();
  const client = withCache(plain, {
    redis: NOWHERE,
    namespace: "shop",
    logger,
    deadline: "50ms",
    writeDeadline: "50ms",
  });
  await useWithoutRedis(client);
  await client.$cache.disconnect();
  const [refused, more] = lines.filter(({ event }) => event === "quarantine");
  expect(refused).toEqual({
    level: "warn",
    message: "evercache: the locks of a write could not be set in the store",
    namespace: "shop",
    event: "quarantine",
    model: "Product",
    operation: "update",
    tags: expect.any(Number),
    error: expect.objectContaining({ name: "StoreUnavailableError", message: expect.any(String) }),
  });
  expect(more).toMatchObject({ level: "warn", more: expect.any(Number) });
  expect(lines.find(({ event }) => event === "store")).toMatchObject({
    level: "warn",
    message: "evercache: the store is unavailable",
    error: { message: expect.stringContaining("ECONNREFUSED") },
  });
  expect(lines.map(({ level }) => level)).not.toContain("debug");
  expect(JSON.stringify(lines)).not.toMatch(/secret|Product:/);
});

test.each(LOGGERS)("to %s each read and write is told at debug", async (_, make) => {
  const { plain } = await shop();
  const { logger, lines } = make();
  const client = withCache(plain, { logger: { logger, level: "debug" } });
  await client.product.findUnique(ROW);
  await expect.poll(() => client.$cache.stats().fills.stored).toBe(1);
  await client.product.findUnique(ROW);
  const reads = lines.filter(({ model }) => model === "Product");
  expect(reads.map(({ level, message }) => [level, message])).toEqual([
    ["debug", "evercache: miss Product.findUnique"],
    ["debug", "evercache: load Product.findUnique"],
    ["debug", "evercache: fill Product.findUnique: stored"],
    ["debug", "evercache: hit Product.findUnique"],
  ]);
  expect(reads.at(-1)).toMatchObject({ shape: "{ where: { id: ? } }", tier: "memory", key: expect.any(String) });
});

test("warnings go to the logger, and are printed no more", async () => {
  const printed = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => printed.mockRestore());
  const { plain } = await shop();
  const lines: unknown[][] = [];
  const warn = (...args: unknown[]) => void lines.push(args);
  const others = { debug() {}, info() {}, error() {} };
  const options: Options = { models: { Product: { ttl: (): never => JSON.parse("{") as never } } };
  const client = withCache(plain, { ...options, logger: { ...others, warn } });
  for (let i = 0; i < 3; i++) await client.product.findUnique(ROW);
  expect(lines).toEqual([
    [
      expect.stringMatching(/^evercache: The ttl of a result/),
      { namespace: "evercache", event: "warning", code: "TTL_FAILED" },
    ],
  ]);
  expect(printed).not.toHaveBeenCalled();
  await withCache(plain, options).product.findUnique(ROW);
  expect(printed).toHaveBeenCalledTimes(1);
});

test("a wrong logger is an error where it is written", async () => {
  const { plain } = await shop();
  const logger = { log() {}, warn() {} };
  expect(() => withCache(plain, { logger: logger as never })).toThrow(
    "logger: it has no error and no info and no debug: write a logger with the methods debug, info, warn and error, such as " +
      'console, pino() or one of winston, or { logger: console, level: "warn" }.',
  );
});
