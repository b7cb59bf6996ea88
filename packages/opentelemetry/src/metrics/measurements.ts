import type { CacheEvent, EventMessage } from "@evercache/core";
import type { Meter } from "@opentelemetry/api";
import * as names from "../attribute-names.js";
import { errorType } from "../error-type.js";
import { Counter, Distribution, type Instrument } from "./instruments.js";

/** Of which query. */
const QUERY = [names.NAMESPACE, names.MODEL, names.OPERATION] as const;

/** Seconds: from a hit in the next room to a query that should not be. */
const DURATIONS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [100, 1e3, 1e4, 1e5, 1e6, 1e7];

/** Counts and measures what events tell. */
export class Measurements implements Instrument {
  readonly #reads = new Counter("evercache.reads", says("{read}", "Reads, by how they were answered."), [
    ...QUERY,
    names.STATUS,
    names.REASON,
    names.TIER,
  ]);
  readonly #savedTime = new Counter(
    "evercache.saved_time",
    says("s", "What the queries had taken whose results were served from the cache."),
    QUERY,
  );
  readonly #joins = new Counter(
    "evercache.joins",
    says("{read}", "Misses that waited for another reader's query."),
    QUERY,
  );
  readonly #fills = new Counter("evercache.fills", says("{result}", "Loaded results, by whether they were stored."), [
    ...QUERY,
    names.OUTCOME,
  ]);
  readonly #refreshes = new Counter(
    "evercache.refreshes",
    says("{refresh}", "Results loaded anew in the background, by what became of it."),
    [...QUERY, names.CAUSE, names.OUTCOME],
  );
  readonly #verifications = new Counter(
    "evercache.verifications",
    says("{result}", "Hits that were compared with the database."),
    [...QUERY, names.OUTCOME],
  );
  readonly #fillVerifications = new Counter(
    "evercache.fill.verifications",
    says("{result}", "Stored results that were looked at again: dead ones will never be served."),
    [...QUERY, names.OUTCOME],
  );
  readonly #invalidations = new Counter(
    "evercache.invalidations",
    says("{invalidation}", "Invalidations that were not a write of this process."),
    [names.NAMESPACE, names.CAUSE, names.OUTCOME],
  );
  readonly #l1Drops = new Counter(
    "evercache.l1.dropped_tokens",
    says("{token}", "Tokens that process memory knows no more, with the results that depend on them."),
    [names.NAMESPACE, names.CAUSE],
  );
  readonly #storeChanges = new Counter(
    "evercache.store.changes",
    says("{change}", "Changes of the connection to the store."),
    [names.NAMESPACE, names.STATUS],
  );
  readonly #channelChanges = new Counter(
    "evercache.channel.changes",
    says("{change}", "Changes of the channel that tells of what others invalidate."),
    [names.NAMESPACE, names.STATUS],
  );
  readonly #breakerChanges = new Counter(
    "evercache.breaker.changes",
    says("{change}", "How often the circuit breaker opened and closed."),
    [names.NAMESPACE, names.STATUS],
  );
  readonly #warnings = new Counter("evercache.warnings", says("{warning}", "Warnings, by their code."), [
    names.NAMESPACE,
    names.CODE,
  ]);

  readonly #readDuration = new Distribution(
    "evercache.read.duration",
    says("s", "How long readers waited for the cache.", DURATIONS),
    [...QUERY, names.STATUS, names.TIER],
  );
  readonly #loadDuration = new Distribution(
    "evercache.load.duration",
    says("s", "How long queries took that misses and refreshes sent.", DURATIONS),
    [...QUERY, names.ERROR_TYPE],
  );
  readonly #waitDuration = new Distribution(
    "evercache.wait.duration",
    says("s", "How long readers waited for another process to load.", DURATIONS),
    [...QUERY, names.OUTCOME],
  );
  readonly #fillSize = new Distribution("evercache.fill.size", says("By", "Size of stored results.", SIZES), QUERY);
  readonly #quarantineDuration = new Distribution(
    "evercache.quarantine.duration",
    says("s", "How long it took to lock what a write touches.", DURATIONS),
    [...QUERY, names.OUTCOME],
  );
  readonly #releaseDuration = new Distribution(
    "evercache.release.duration",
    says("s", "How long it took to unlock what a write touched.", DURATIONS),
    [...QUERY, names.OUTCOME],
  );

  readonly #instruments: readonly Instrument[] = [
    this.#reads,
    this.#savedTime,
    this.#joins,
    this.#fills,
    this.#refreshes,
    this.#verifications,
    this.#fillVerifications,
    this.#invalidations,
    this.#l1Drops,
    this.#storeChanges,
    this.#channelChanges,
    this.#breakerChanges,
    this.#warnings,
    this.#readDuration,
    this.#loadDuration,
    this.#waitDuration,
    this.#fillSize,
    this.#quarantineDuration,
    this.#releaseDuration,
  ];

  attach(meter: Meter): () => void {
    const detach = this.#instruments.map((instrument) => instrument.attach(meter));
    return () => {
      for (const end of detach) end();
    };
  }

  measure({ namespace, event }: EventMessage): void {
    switch (event.type) {
      case "hit":
      case "miss":
      case "stale":
      case "bypass":
        this.#read(namespace, event);
        break;
      case "join":
        this.#joins.add(1, namespace, event.model, event.operation);
        break;
      case "load": {
        const error = event.error === undefined ? undefined : errorType(event.error);
        this.#loadDuration.record(event.milliseconds / 1000, namespace, event.model, event.operation, error);
        break;
      }
      case "wait": {
        const { model, operation, outcome, milliseconds } = event;
        this.#waitDuration.record(milliseconds / 1000, namespace, model, operation, outcome);
        break;
      }
      case "fill": {
        const { model, operation, outcome, bytes } = event;
        this.#fills.add(1, namespace, model, operation, outcome);
        if (outcome === "stored") this.#fillSize.record(bytes, namespace, model, operation);
        break;
      }
      case "refresh":
        this.#refreshes.add(1, namespace, event.model, event.operation, event.cause, event.outcome);
        break;
      case "verify":
        this.#verifications.add(1, namespace, event.model, event.operation, event.outcome);
        break;
      case "fill-verify":
        this.#fillVerifications.add(1, namespace, event.model, event.operation, event.outcome);
        break;
      case "quarantine":
      case "release": {
        const { source, outcome, milliseconds } = event;
        const duration = event.type === "quarantine" ? this.#quarantineDuration : this.#releaseDuration;
        duration.record(milliseconds / 1000, namespace, source?.model ?? undefined, source?.operation, outcome);
        break;
      }
      case "invalidate":
        this.#invalidations.add(1, namespace, event.cause, event.applied ? "applied" : "refused");
        break;
      case "l1":
        this.#l1Drops.add(event.tokens, namespace, event.cause);
        break;
      case "store":
        this.#storeChanges.add(1, namespace, event.status);
        break;
      case "channel":
        this.#channelChanges.add(1, namespace, event.status);
        break;
      case "breaker":
        this.#breakerChanges.add(1, namespace, event.state);
        break;
      case "warning":
        this.#warnings.add(1, namespace, event.code);
        break;
      default:
    }
  }

  #read(namespace: string, event: Extract<CacheEvent, { type: "hit" | "miss" | "stale" | "bypass" }>): void {
    const { type, model, operation } = event;
    const reason = "reason" in event ? event.reason : undefined;
    const tier = "tier" in event ? event.tier : undefined;
    this.#reads.add(1, namespace, model, operation, type, reason, tier);
    if ("savedMilliseconds" in event && event.savedMilliseconds > 0) {
      this.#savedTime.add(event.savedMilliseconds / 1000, namespace, model, operation);
    }
    if ("milliseconds" in event && event.milliseconds !== undefined) {
      this.#readDuration.record(event.milliseconds / 1000, namespace, model, operation, type, tier);
    }
  }
}

function says(unit: string, description: string, explicitBucketBoundaries?: number[]) {
  return { unit, description, ...(explicitBucketBoundaries && { advice: { explicitBucketBoundaries } }) };
}
