import type { Hearer, Hearing } from "./store.js";

/** What is said about a topic within this process. Each is told within the call that says it. */
export class MemoryTopics {
  readonly #hearers = new Map<string, Set<Hearer>>();
  #hasEnded = false;

  hear(topic: string, hearer: Hearer): Hearing {
    if (this.#hasEnded) return { close: async () => {} };
    const hearers = this.#hearers.get(topic) ?? new Set();
    this.#hearers.set(topic, hearers.add(hearer));
    hearer.onHearing();
    return {
      close: async () => {
        hearers.delete(hearer);
        if (hearers.size === 0 && this.#hearers.get(topic) === hearers) this.#hearers.delete(topic);
      },
    };
  }

  say(topic: string, text: string): number {
    const hearers = [...(this.#hearers.get(topic) ?? [])];
    for (const hearer of hearers) hearer.onMessage(text);
    return hearers.length;
  }

  end(): void {
    this.#hasEnded = true;
    const all = [...this.#hearers.values()].flatMap((hearers) => [...hearers]);
    this.#hearers.clear();
    for (const hearer of all) hearer.onLost();
  }
}
