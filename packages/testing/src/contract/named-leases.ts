import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { LONG, otherLike, until, useSubject, type MakeStore } from "./subject.js";

type Leases = Required<Pick<Store, "acquire" | "free">>;

function leasesOf(store: Store): Leases {
  return { acquire: (...args) => store.acquire!(...args), free: (...args) => store.free!(...args) };
}

/**
 * The first to wait may not be told yet, and then is told that nothing is known. Resolves when `waiter` is told what `holder`
 * says.
 */
async function untilTold(newName: () => string, holder: Leases, waiter: Leases): Promise<void> {
  for (let note: string | null = null; note !== "told";) {
    const name = newName();
    await holder.acquire(name, "a", LONG);
    let tell: (note: string | null) => void;
    const told = new Promise<string | null>((resolve) => (tell = resolve));
    await waiter.acquire(name, "b", LONG, (said) => tell(said));
    await holder.free(name, "a", "told");
    note = await told;
  }
}

export function namedLeaseContract(makeStore: MakeStore): void {
  describe("leases by name", () => {
    const subject = useSubject(makeStore);

    /** Leases of the subject, and of another process. */
    async function two() {
      const { store } = subject();
      if (!store.acquire || !store.free) return null;
      const other = await otherLike(subject(), makeStore);
      return { name: subject().key(), here: leasesOf(store), there: leasesOf(other) };
    }

    it("go to one of those who want them at once", async () => {
      const both = await two();
      if (!both) return;
      const { name, here, there } = both;
      const takers = Array.from({ length: 8 }, (_, i) => (i % 2 ? here : there).acquire(name, `h${i}`, LONG));
      const taken = await Promise.all(takers);
      expect(taken.filter((remaining) => remaining === 0)).toHaveLength(1);
      for (const remaining of taken) expect(remaining).toBeLessThanOrEqual(LONG);
      expect(await here.acquire(`${name}.`, "other", LONG)).toBe(0);
    });

    it("are renewed by their holder", async () => {
      const both = await two();
      if (!both) return;
      const { name, here, there } = both;
      expect(await here.acquire(name, "a", 50)).toBe(0);
      expect(await here.acquire(name, "a", LONG)).toBe(0);
      await delay(60);
      expect(await there.acquire(name, "b", LONG)).toBeGreaterThan(0);
    });

    it("end by themselves", async () => {
      const both = await two();
      if (!both) return;
      const { name, here, there } = both;
      expect(await here.acquire(name, "a", 40)).toBe(0);
      expect(await there.acquire(name, "b", LONG)).toBeGreaterThan(0);
      await until(async () => (await there.acquire(name, "b", LONG)) === 0, "a lease of 40 ms ended");
    });

    it("are freed by their holder, and by nobody else", async () => {
      const both = await two();
      if (!both) return;
      const { name, here, there } = both;
      await here.acquire(name, "a", LONG);
      await there.free(name, "b", "");
      expect(await there.acquire(name, "b", LONG)).toBeGreaterThan(0);
      await here.free(name, "a", "");
      expect(await there.acquire(name, "b", LONG)).toBe(0);
      await here.free(name, "a", "");
      expect(await here.acquire(name, "a", LONG)).toBeGreaterThan(0);
    });

    it("tell all who wait, in each process, what became of them", async () => {
      const both = await two();
      if (!both) return;
      const { name, here, there } = both;
      const newName = () => subject().key();
      await Promise.all([untilTold(newName, here, here), untilTold(newName, here, there)]);
      const told: string[] = [];
      const wait = (who: string, leases: Leases) =>
        leases.acquire(name, who, LONG, (note) => void told.push(`${who}: ${note}`));
      await here.acquire(name, "a", LONG);
      await Promise.all([wait("b", here), wait("c", there), wait("d", there)]);
      await here.free(name, "a", "it is done");
      await until(() => told.length === 3, "all three were told");
      expect(told.toSorted()).toEqual(["b: it is done", "c: it is done", "d: it is done"]);
    });

    it("tell nobody who got one", async () => {
      const both = await two();
      if (!both) return;
      const { name, here } = both;
      let calls = 0;
      expect(await here.acquire(name, "a", LONG, () => calls++)).toBe(0);
      await here.free(name, "a", "");
      await delay(30);
      expect(calls).toBe(0);
    });
  });
}
