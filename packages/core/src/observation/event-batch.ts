import type { CacheEvent } from "../events.js";
import { observedEvent, type ObservedEvent } from "./observed-event.js";
import type { EventWishes } from "./request.js";

/** Characters of all events of a batch, about. */
const LONGEST_BATCH = 128 * 1024;

/** What has happened since the last batch, as far as one tool wants to know it and there is room for it. */
export class EventBatch {
  #wishes: EventWishes;
  #events: ObservedEvent[] = [];
  #length = 0;
  #leftOut = 0;
  /** How many may still be told in this batch. What is not used of one is not saved for later, but for parts of an event. */
  #room: number;

  constructor(
    wishes: EventWishes,
    /** How many batches there are in a second. */
    private readonly batchesPerSecond: number,
  ) {
    this.#wishes = wishes;
    this.#room = Math.max(1, this.#share);
  }

  set wishes(wishes: EventWishes) {
    this.#wishes = wishes;
  }

  add(event: CacheEvent, at: number): void {
    if (!this.#isWanted(event)) return;
    if (this.#room < 1 || this.#length >= LONGEST_BATCH) {
      this.#leftOut++;
      return;
    }
    this.#room--;
    const told = observedEvent(event, at);
    this.#events.push(told);
    this.#length += JSON.stringify(told).length;
  }

  /** Null: there is nothing to tell. */
  take(): { readonly events: readonly ObservedEvent[]; readonly leftOut: number } | null {
    this.#room = Math.min(this.#room + this.#share, this.#share + 1);
    if (this.#events.length === 0 && this.#leftOut === 0) return null;
    const batch = { events: this.#events, leftOut: this.#leftOut };
    this.#events = [];
    this.#length = 0;
    this.#leftOut = 0;
    return batch;
  }

  /** A batch that nobody got. */
  lost(batch: { readonly events: readonly ObservedEvent[]; readonly leftOut: number }): void {
    this.#leftOut += batch.events.length + batch.leftOut;
  }

  get #share(): number {
    return this.#wishes.perSecond / this.batchesPerSecond;
  }

  /** What is of no model, such as the state of the store, is of interest with any. */
  #isWanted(event: CacheEvent): boolean {
    const { models, types } = this.#wishes;
    if (types && !types.includes(event.type)) return false;
    if (models === null) return true;
    const model = modelOf(event);
    return model === null || models.includes(model);
  }
}

/** Null: of none, or of several. */
function modelOf(event: CacheEvent): string | null {
  if ("model" in event) return event.model;
  return "source" in event ? (event.source?.model ?? null) : null;
}
