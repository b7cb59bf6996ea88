import { asObject, checkNames, EvercacheError } from "@evercache/core";
import type { ReadCall } from "../client/hook.js";
import type { Recording as PublicRecording } from "../types/recording.js";
import { Recording, type Planned } from "./recording.js";

const MOST_QUERIES = 1000;

/** The recordings that run. */
export class Recordings {
  /** Whether there are any: nothing else is asked of a read while there are none. */
  isOn = false;
  readonly #running = new Set<Recording>();

  /** `scope`: the user's own. */
  constructor(private readonly scope: (() => string) | undefined) {}

  /** @throws EvercacheError for a wrong option */
  start(options: unknown): PublicRecording {
    const recording = new Recording(mostOf(options), this.scope, () => {
      this.#running.delete(recording);
      this.isOn = this.#running.size > 0;
    });
    this.#running.add(recording);
    this.isOn = true;
    return recording;
  }

  /** A read that is answered through the cache, wherever from. */
  note(plan: Planned, call: ReadCall): void {
    for (const recording of this.#running) recording.note(plan, call);
  }
}

function mostOf(input: unknown): number {
  const options = asObject(input ?? {}, "$cache.record", "write { max: 1000 } or leave it out");
  checkNames(options, ["max"], "$cache.record");
  const { max = MOST_QUERIES } = options;
  if (Number.isSafeInteger(max) && (max as number) > 0) return max as number;
  throw new EvercacheError("INVALID_OPTION", "$cache.record: max: write a whole number from 1 on.", { value: max });
}
