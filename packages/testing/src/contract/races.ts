import { setImmediate as nextTurn } from "node:timers/promises";
import { anyTag, QUARANTINED, rowTag, type Store, type Tag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { LONG, otherLike, until, useSubject, type MakeStore } from "./subject.js";

/** A row in a database that is always right, and a cache of it: the least that shows whether the promises suffice. */
class World {
  #committed = 0;
  hits = 0;
  fills = 0;

  constructor(
    private readonly store: Store,
    private readonly key: string,
    private readonly tag: Tag,
  ) {}

  async write(holder: string, pause: () => Promise<void>): Promise<void> {
    await this.store.quarantine(holder, [this.tag], LONG);
    await pause();
    this.#committed += 1;
    await pause();
    await this.store.release(holder, { changed: [this.tag], unchanged: [] });
  }

  async read(pause: () => Promise<void>): Promise<void> {
    const floor = this.#committed;
    const { entry, tokens } = await this.store.lookup(this.key, [this.tag]);
    const [found] = tokens;
    if (found === QUARANTINED) return;
    if (found && entry) {
      const { stamp, value } = JSON.parse(Buffer.from(entry).toString()) as { stamp: string; value: number };
      if (stamp === found) {
        this.hits += 1;
        expect(value).toBeGreaterThanOrEqual(floor);
        return;
      }
    }
    const stamp = found ?? (await this.store.mint([this.tag], [LONG]))[0];
    if (stamp === QUARANTINED) return;
    await pause();
    const value = this.#committed;
    await pause();
    this.fills += 1;
    await this.store.fill(this.key, Buffer.from(JSON.stringify({ stamp, value })), LONG);
  }
}

export function raceContract(makeStore: MakeStore): void {
  describe("readers and writers at once", () => {
    const subject = useSubject(makeStore);

    it("never serve what was true before the read began", { timeout: 60_000 }, async () => {
      const { store } = subject();
      const random = mulberry32(20_26);
      const pause = async () => {
        for (let turns = Math.floor(random() * 4); turns > 0; turns--) await nextTurn();
      };
      const world = new World(store, subject().key(), subject().tag());
      const writers = [0, 1, 2].map(async (writer) => {
        for (let i = 0; i < 100; i++) {
          await world.write(`w${writer}.${i}`, pause);
          const hits = world.hits;
          // Every other time until a reader has filled and another has hit; no lock is in their way once all wait here.
          if (random() < 0.5) await until(() => world.hits > hits, "a reader hit");
        }
      });
      const written = new AbortController();
      const readers = Array.from({ length: 6 }, async () => {
        while (!written.signal.aborted) {
          await world.read(pause);
          await nextTurn();
        }
      });
      await Promise.all(writers);
      written.abort();
      await Promise.all(readers);
      expect(world.fills).toBeGreaterThan(20);
      expect(world.hits).toBeGreaterThan(20);
    });

    it("see all tags of one group at one instant, and change them at one", async () => {
      const { store } = subject();
      const model = subject().key();
      const tags = [rowTag(model, ["1"]), anyTag(model), rowTag(model, ["2"])];
      const lifetimes = tags.map(() => LONG);
      const seen = new Set<string>();
      const look = async (of: Store): Promise<void> => {
        const states = await of.mint(tags, lifetimes);
        const locked = states.filter((state) => state === QUARANTINED).length;
        expect([0, tags.length]).toContain(locked);
        if (locked === 0) seen.add(states.map(String).join(" "));
      };
      const others: Store[] = [];
      for (let i = 0; i < 3; i++) others.push(await otherLike(subject(), makeStore));
      for (let round = 0; round < 100; round++) {
        await Promise.all([
          ...others.map((other) => look(other)),
          round % 2 === 0 ? store.quarantine("w", tags, LONG) : store.rotate(tags),
          ...others.map((other) => look(other)),
        ]);
        await Promise.all([
          ...others.map((other) => look(other)),
          store.release("w", { changed: tags, unchanged: [] }),
          ...others.map((other) => look(other)),
        ]);
      }
      // No token was ever seen beside two different ones.
      const each = [...seen].map((states) => states.split(" "));
      for (const place of tags.keys()) expect(new Set(each.map((states) => states[place])).size).toBe(seen.size);
      expect(seen.size).toBeGreaterThan(50);
    });
  });
}

/** A small generator of random numbers that a seed repeats. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
