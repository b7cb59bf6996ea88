import { EvercacheError } from "../errors.js";
import { asObject, checkNames } from "../options-check.js";

/** From least to most that is told. */
const LEVELS = ["error", "warn", "info", "debug"] as const;
const ORDERS = ["object-first", "message-first"] as const;

export type LogLevel = (typeof LEVELS)[number];
/** How a logger wants its arguments: `"object-first"` as pino and bunyan, `"message-first"` as winston and the console. */
export type LogOrder = (typeof ORDERS)[number];

type LogMethod = (...args: never[]) => unknown;

/** Whatever has these methods: `console`, a logger of pino, bunyan, winston. It may throw and reject. */
export type Logger = { readonly [Level in LogLevel]: LogMethod };

export interface LoggerSettings {
  readonly logger: Logger;
  /** The least that is told. Default `"info"`. */
  readonly level?: LogLevel | undefined;
  /** Default: `"object-first"` for what looks like a logger of pino or bunyan, else `"message-first"`. */
  readonly order?: LogOrder | undefined;
}

/** One line, where there is somebody to read it. Never throws. */
export type Write = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void;

export interface LogSink {
  readonly level: LogLevel;
  readonly write: Write;
}

const HINT =
  "write a logger with the methods debug, info, warn and error, such as console, pino() or one of winston, or " +
  '{ logger: console, level: "warn" }';

/** @throws EvercacheError that says what to write instead */
export function parseLogger(value: unknown): LogSink | undefined {
  if (value === undefined) return undefined;
  if (isLogger(value)) return { level: "info", write: writeTo(value, orderOf(value)) };
  const options = asObject(value, "logger", HINT);
  if (!("logger" in options)) throw invalid("logger", value, `it has no ${missing(options).join(" and no ")}: ${HINT}`);
  checkNames(options, ["logger", "level", "order"], "logger");
  const { logger, level = "info", order } = options;
  if (!isLogger(logger)) throw invalid("logger.logger", logger, HINT);
  if (!LEVELS.includes(level as LogLevel)) throw invalid("logger.level", level, `write ${namesOf(LEVELS)}`);
  if (order !== undefined && !ORDERS.includes(order as LogOrder)) {
    throw invalid("logger.order", order, `write ${namesOf(ORDERS)}`);
  }
  return { level: level as LogLevel, write: writeTo(logger, (order as LogOrder | undefined) ?? orderOf(logger)) };
}

export function isTold(at: LogLevel, level: LogLevel): boolean {
  return LEVELS.indexOf(at) <= LEVELS.indexOf(level);
}

function isLogger(value: unknown): value is Logger {
  const hasMethods = (typeof value === "object" && value !== null) || typeof value === "function";
  return hasMethods && missing(value as Record<string, unknown>).length === 0;
}

function missing(logger: Readonly<Record<string, unknown>>): LogLevel[] {
  return LEVELS.filter((level) => typeof logger[level] !== "function");
}

/** pino's loggers have `bindings`, bunyan's `addSerializers`. */
function orderOf(logger: Logger): LogOrder {
  const { bindings, addSerializers } = logger as { readonly bindings?: unknown; readonly addSerializers?: unknown };
  return typeof bindings === "function" || typeof addSerializers === "function" ? "object-first" : "message-first";
}

function writeTo(logger: Logger, order: LogOrder): Write {
  return (level, message, fields) => {
    const args = order === "object-first" ? [fields, message] : [message, fields];
    try {
      // A trouble of the logger's is none of the query's; and there is nowhere to tell it.
      Promise.resolve(logger[level](...(args as never[]))).catch(() => {});
    } catch {}
  };
}

function namesOf(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(" or ");
}

function invalid(name: string, value: unknown, hint: string): EvercacheError {
  return new EvercacheError("INVALID_OPTION", `${name}: ${hint}.`, { value });
}
