import type { Source } from "../events.js";
import type { CountsByOperation } from "../read-counts.js";
import type { Tag } from "../tag.js";
import { Heaviest } from "./heaviest.js";
import { forget, newCounts, statsOf, type QueryCounts, type QueryInsight, type QueryStats } from "./query-counts.js";
import { tagKinds } from "./tag-kinds.js";

/** So many shapes can be asked for. One with more than one in so many of all loads is among them for certain. */
export const MOST_SHAPES = 100;

type Order = "loads" | "loadMilliseconds" | "savedMilliseconds" | "needless";

/** The counts of the shapes that matter most, whatever is asked. */
export class CountsByQuery {
  readonly #shapes = new Heaviest<QueryCounts, Order>(
    MOST_SHAPES,
    {
      loads: ({ loads }) => loads,
      loadMilliseconds: ({ loadMilliseconds }) => loadMilliseconds,
      savedMilliseconds: ({ savedMilliseconds }) => savedMilliseconds,
      needless: ({ needless }) => needless,
    },
    forget,
  );

  /** Those that were asked for last, as most are that are asked for next. What is added takes their place: they are not forgotten. */
  #last: QueryCounts | undefined;

  constructor(private readonly operations: CountsByOperation) {}

  /** `tags`: of a query of this shape; none: they are not known. A query without a shape is counted with its operation alone. */
  of(source: Source, tags: readonly Tag[] = []): QueryCounts {
    const known = this.#known(source);
    if (!known) return this.#add(newCounts(nameOf(source), tagKinds(tags), this.operations.of(source)));
    if (known.tags.length === 0) known.tags = tagKinds(tags);
    return known;
  }

  /** The counts in the place of some that were forgotten: these again, where nobody has asked meanwhile. */
  again(forgotten: QueryCounts): QueryCounts {
    const known = this.#known(forgotten.source);
    if (known) return known;
    forgotten.isForgotten = false;
    return this.#add(forgotten);
  }

  /** `top` of each at most. A copy. */
  insight(top: number): QueryInsight {
    return {
      byLoads: this.#by("loads", top),
      byLoadMilliseconds: this.#by("loadMilliseconds", top),
      bySavedMilliseconds: this.#by("savedMilliseconds", top),
      byNeedless: this.#by("needless", top),
    };
  }

  #known(source: Source): QueryCounts | undefined {
    if (source.shape === undefined) return undefined;
    if (this.#last && isOf(this.#last, source)) return this.#last;
    return (this.#last = this.#shapes.get(keyOf(source)));
  }

  #add(counts: QueryCounts): QueryCounts {
    if (counts.source.shape === undefined) return counts;
    this.#shapes.add(keyOf(counts.source), counts);
    return (this.#last = counts);
  }

  #by(order: Order, top: number): QueryStats[] {
    const some = this.#shapes.top(order).filter((counts) => counts[order] > 0);
    return some
      .sort((a, b) => b[order] - a[order])
      .slice(0, top)
      .map(statsOf);
  }
}

/** Nothing else of what it is part of: an event has a key, and may have an error. */
function nameOf(source: Source): Source {
  const { model, operation, shape } = source;
  if (shape === undefined) return { model, operation };
  // A text that was put together of many takes several times as much memory as one that was cut out.
  const key = keyOf(source);
  return { model, operation, shape: key.slice(key.length - shape.length) };
}

function isOf({ source: { model, operation, shape } }: QueryCounts, source: Source): boolean {
  return shape === source.shape && operation === source.operation && model === source.model;
}

function keyOf({ model, operation, shape }: Source): string {
  return `${model}.${operation} ${shape}`;
}
