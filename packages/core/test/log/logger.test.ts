import { expect, test } from "vitest";
import { parseLogger } from "../../src/log/logger.js";

function written(changes: object, options?: object) {
  const seen: unknown[][] = [];
  const method = (...args: unknown[]) => void seen.push(args);
  const logger = { debug: method, info: method, warn: method, error: method, ...changes };
  const { level, write } = parseLogger(options ? { logger, ...options } : logger)!;
  write("warn", "message", { a: 1 });
  return { level, seen };
}

test("arguments come as the logger wants them", () => {
  const message = [["message", { a: 1 }]];
  const object = [[{ a: 1 }, "message"]];
  expect(written({}).seen).toEqual(message);
  expect(written({ bindings: () => {} }).seen).toEqual(object);
  expect(written({ addSerializers: () => {} }).seen).toEqual(object);
  expect(written({}, { order: "object-first" }).seen).toEqual(object);
  expect(written({ bindings: () => {} }, { order: "message-first" }).seen).toEqual(message);
});

test("methods are called on the logger", () => {
  class Own {
    readonly seen: unknown[] = [];
    debug(): void {}
    info(): void {}
    warn(message: string): void {
      this.seen.push(message);
    }
    error(): void {}
  }
  const own = new Own();
  parseLogger(own)!.write("warn", "message", {});
  expect(own.seen).toEqual(["message"]);
});

test("the level", () => {
  expect(written({}).level).toBe("info");
  expect(written({}, {}).level).toBe("info");
  expect(written({}, { level: "error" }).level).toBe("error");
  // A logger's own.
  expect(written({ level: "trace" }).level).toBe("info");
  expect(parseLogger(undefined)).toBeUndefined();
});

const { log, ...incomplete } = { log: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

test.each<[unknown, string]>([
  [null, "null is not valid here: write a logger with the methods debug, info, warn and error"],
  ["console", "console is not valid here"],
  [log, "write a logger with the methods"],
  [incomplete, "logger: it has no info: write a logger"],
  [{}, "logger: it has no error and no warn and no info and no debug"],
  [{ logger: incomplete }, "logger.logger: write a logger"],
  [{ logger: console, level: "trace" }, 'logger.level: write "error" or "warn" or "info" or "debug".'],
  [{ logger: console, order: "object" }, 'logger.order: write "object-first" or "message-first".'],
  [{ logger: console, levl: "info" }, 'logger: there is no option "levl". Did you mean level?'],
])("%o is refused: %s", (value, message) => {
  expect(() => parseLogger(value)).toThrow(message);
  expect(() => parseLogger(value)).toThrow(expect.objectContaining({ name: "EvercacheError" }));
});
