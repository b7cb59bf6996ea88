import type { CacheEvent, Tag } from "@evercache/core";
import { MODEL_LOAD_BOUNDS, type Bounds, type Measured } from "./bounds.js";
import { Buckets } from "./buckets.js";
import { CountsByModel } from "./counts-by-model.js";
import {
  BYPASSES_OF_CACHE,
  causeOf,
  modelOfBypass,
  modelOfMiss,
  modelsOf,
  reasonOfBypass,
  WHOLE_CACHE,
} from "./grouping.js";

/** What only events tell of a cache, and its stats do not. */
export class Tally {
  readonly misses = new CountsByModel("reason");
  readonly bypasses = new CountsByModel("reason");
  readonly invalidations = new CountsByModel("cause");
  readonly measured: Readonly<Record<Measured, Buckets>>;
  readonly #warnings = new Map<string, number>();
  readonly #modelLoads = new Map<string, Buckets>();
  /** What the store behind the process's memory calls itself, once it has answered. */
  tier: string | undefined;

  constructor(bounds: Bounds) {
    const entries = Object.entries(bounds).map(([name, bound]) => [name, new Buckets(bound)]);
    this.measured = Object.fromEntries(entries) as Record<Measured, Buckets>;
    for (const reason of BYPASSES_OF_CACHE) this.bypasses.add(WHOLE_CACHE, reason, 0);
  }

  /** By code. */
  get warnings(): ReadonlyMap<string, number> {
    return this.#warnings;
  }

  get modelLoads(): ReadonlyMap<string, Buckets> {
    return this.#modelLoads;
  }

  count(event: CacheEvent): void {
    switch (event.type) {
      case "hit":
        this.#hit(event);
        return;
      case "miss":
        this.misses.add(modelOfMiss(event.model, event.reason), event.reason);
        this.#seconds("lookup", event.milliseconds);
        return;
      case "bypass":
        this.bypasses.add(modelOfBypass(event.model, event.reason), reasonOfBypass(event.reason));
        return;
      case "load":
        this.#load(event.model, event.milliseconds / 1000);
        return;
      case "fill":
        this.#seconds("encode", event.encodeMilliseconds);
        this.#seconds("store", event.milliseconds);
        if (event.outcome === "stored") this.measured.bytes.observe(event.bytes);
        return;
      case "quarantine":
        this.#seconds("quarantine", event.milliseconds);
        return;
      case "release":
        this.#seconds("release", event.milliseconds);
        if (event.outcome === "changed") this.#invalidated(event.tags, causeOf(event.source?.operation));
        return;
      case "invalidate":
        this.#invalidated(event.tags, event.cause);
        return;
      case "warning":
        this.#warnings.set(event.code, (this.#warnings.get(event.code) ?? 0) + 1);
        return;
      case "stale":
        this.#seconds("lookup", event.milliseconds);
        return;
      case "refresh":
      case "wait":
      case "join":
      case "verify":
      case "fill-verify":
      case "needless":
      case "store":
      case "channel":
      case "l1":
      case "breaker":
      case "pause":
      case "adaptive":
      case "recovery":
        return;
      default:
        // Of a cache that is newer than this package.
        event satisfies never;
    }
  }

  #hit({ tier, milliseconds, decodeMilliseconds }: CacheEvent & { readonly type: "hit" }): void {
    if (tier !== "l1") this.tier = tier;
    this.#seconds("lookup", milliseconds);
    this.#seconds("decode", decodeMilliseconds);
  }

  #load(model: string, seconds: number): void {
    this.measured.load.observe(seconds);
    let buckets = this.#modelLoads.get(model);
    if (!buckets) this.#modelLoads.set(model, (buckets = new Buckets(MODEL_LOAD_BOUNDS)));
    buckets.observe(seconds);
  }

  /** Once a write and model, however many tags of it there are. */
  #invalidated(tags: readonly Tag[], cause: string): void {
    for (const model of modelsOf(tags)) this.invalidations.add(model, cause);
  }

  #seconds(what: Measured, milliseconds: number | undefined): void {
    if (milliseconds !== undefined) this.measured[what].observe(milliseconds / 1000);
  }
}
