import { asObject, checkFlag, checkNames, EvercacheError } from "@evercache/core";

const INSTANTS = ["event", "span", "none"] as const;

/** How a trace shows what takes no time. */
export type Instants = (typeof INSTANTS)[number];

export interface EvercacheInstrumentationConfig {
  /** Whether it listens from its creation on. `registerInstrumentations` enables it in any case. Default: true. */
  readonly enabled?: boolean | undefined;
  /**
   * Reports only where a span is active. Where false, a span outside of any other is a trace of its own; an event has no
   * place there. What happens inside of a span that is not recorded is never reported. Default: true.
   */
  readonly requireParentSpan?: boolean | undefined;
  /**
   * How a trace shows what takes no time: hits in process memory, reads past the cache, joined loads, invalidations. `event`: as
   * an event of the span that is active, or as `span` where that has ended meanwhile; `span`: as a span without length; `none`: not
   * at all. Default: `event`.
   */
  readonly instants?: Instants | undefined;
  /**
   * Puts errors on spans as exceptions, with message and stack. Prisma's messages may quote the arguments of a query. Where
   * false, spans have the status and `error.type`. Default: true.
   */
  readonly recordExceptions?: boolean | undefined;
}

const NAME = "EvercacheInstrumentation";
const OPTIONS = ["enabled", "requireParentSpan", "instants", "recordExceptions"] as const;

const DEFAULTS = { enabled: true, requireParentSpan: true, instants: "event", recordExceptions: true } as const;

export type Config = {
  readonly [K in keyof EvercacheInstrumentationConfig]-?: NonNullable<EvercacheInstrumentationConfig[K]>;
};

/** @throws EvercacheError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function parseConfig(input: unknown): Config {
  const given = asObject(input, NAME);
  checkNames(given, OPTIONS, NAME);
  const { instants, ...flags } = given;
  for (const [name, value] of Object.entries(flags)) checkFlag(value, `${NAME}: ${name}`);
  if (instants !== undefined && !(INSTANTS as readonly unknown[]).includes(instants)) {
    throw new EvercacheError("INVALID_OPTION", `${NAME}: instants: write "event", "span" or "none".`, {
      value: instants,
    });
  }
  const isGiven = ([, value]: [string, unknown]) => value !== undefined;
  return { ...DEFAULTS, ...(Object.fromEntries(Object.entries(given).filter(isGiven)) as Partial<Config>) };
}
