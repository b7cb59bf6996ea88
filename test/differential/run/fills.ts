import { setTimeout as delay } from "node:timers/promises";
import type { CachedClient } from "./client.js";

const PATIENCE = 300;

/** Knows when everything that a client has loaded is stored. Nobody waits for that but a test. */
export class Fills {
  #loads = 0;
  #fills = 0;
  #wake: (() => void) | undefined;

  constructor(client: CachedClient) {
    client.$cache.on("event", ({ type }) => {
      if (type === "load") this.#loads++;
      if (type !== "fill") return;
      this.#fills++;
      if (this.#fills >= this.#loads) this.#wake?.();
    });
  }

  /** False: something was loaded that is not stored after a while, since it must not be. */
  async settled(): Promise<boolean> {
    if (this.#fills >= this.#loads) return true;
    const done = new Promise<true>((resolve) => (this.#wake = () => resolve(true)));
    const isDone = await Promise.race([done, delay(PATIENCE, false, { ref: false })]);
    this.#wake = undefined;
    // What was not stored by now is not waited for again.
    if (!isDone) this.#fills = this.#loads;
    return isDone;
  }
}
