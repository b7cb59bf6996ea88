import {
  areTagNames,
  asObject,
  checkNames,
  EvercacheError,
  LONGEST_DURATION,
  showValue,
  type QueryPolicy,
} from "@evercache/core";

const EXAMPLE = "for example cacheStrategy: { ttl: 60, swr: 30 }";

/** A ttl that no result outlives, for a strategy that has none: the shortest that there is. */
const NO_TTL = "1ms";

/** In seconds, as for `ttl` and `swr` of a policy. */
const LONGEST = LONGEST_DURATION / 1000;

/**
 * The arguments of a read, with `cache` in the place of `cacheStrategy`.
 * @throws EvercacheError that says what to write instead
 */
export function withCacheArgument(args: unknown): unknown {
  if (typeof args !== "object" || args === null || !("cacheStrategy" in args)) return args;
  const { cacheStrategy, ...others } = args;
  if (cacheStrategy === undefined) return others;
  if ((others as { cache?: unknown }).cache !== undefined) {
    throw new EvercacheError(
      "INVALID_OPTION",
      "cacheStrategy: leave it out, or leave out cache: one of them is enough.",
      {
        value: cacheStrategy,
      },
    );
  }
  return { ...others, cache: cacheOf(cacheStrategy) };
}

/**
 * The same policy as evercache spells it. The seconds are exact: they are not varied by the jitter of the options.
 * @throws EvercacheError
 */
export function cacheOf(strategy: unknown): QueryPolicy | false {
  const object = asObject(strategy, "cacheStrategy", `write an object, ${EXAMPLE}`);
  checkNames(object, ["ttl", "swr", "tags"], "cacheStrategy");
  const ttl = secondsOf(object, "ttl");
  const swr = secondsOf(object, "swr");
  const named = tagsOf(object["tags"]);
  if (ttl === undefined && swr === undefined) return named;
  if (!ttl && !swr) return false;
  return { ttl: ttl || NO_TTL, jitter: 0, swr: swr || false, ...named };
}

function secondsOf(strategy: Record<string, unknown>, name: "ttl" | "swr"): number | undefined {
  const value = strategy[name];
  if (value === undefined) return undefined;
  // Less than a millisecond is no time to keep anything for.
  if (typeof value === "number" && (value === 0 || value >= 0.001) && value <= LONGEST) return value;
  throw new EvercacheError(
    "INVALID_DURATION",
    `cacheStrategy.${name}: ${showValue(value)} is not a number of seconds from 0 to ${LONGEST} (366 days). Write ${EXAMPLE}.`,
    { value },
  );
}

function tagsOf(tags: unknown): Pick<QueryPolicy, "tags"> {
  if (tags === undefined) return {};
  if (areTagNames(tags)) return { tags };
  throw new EvercacheError(
    "INVALID_OPTION",
    'cacheStrategy.tags: write an array of names, for example tags: ["home"].',
    { value: tags },
  );
}
