import { randomBytes } from "node:crypto";
import { anyTag, frameEntry, rowTag, type Store, type Tag } from "@evercache/core";

/** What the cache asks of Redis, one by one. */
export const STORE_CALLS = ["read", "mint", "fill", "write"] as const;
export type StoreCall = (typeof STORE_CALLS)[number];

/** What each of them is, for people. */
export const DOES: Readonly<Record<StoreCall, string>> = {
  read: "an entry and its 2 tokens",
  mint: "2 tokens, one of them new",
  fill: "an entry is stored",
  write: "3 tags are locked, then released",
};

export interface Scratch {
  readonly calls: Readonly<Record<StoreCall, (i: number) => Promise<unknown>>>;
  /** Removes what is there under these names, tags too. */
  remove(): Promise<void>;
}

const FINGERPRINT = "benchmark-";
const MODEL = "Benchmark";
/** Milliseconds after which all of it has gone, whatever happens. */
const LIFETIME = 60_000;
/** Entries that are asked for in turn, and bytes of all together: no more, so that nobody else's results are evicted for them. */
const MOST_ENTRIES = 100;
const MOST_BYTES = 32 * 1024 ** 2;
/** Bytes of one result. */
export const LARGEST = MOST_BYTES;

/** Entries of `size` bytes, each of which depends on two tags, as that of a row does. */
export async function prepareScratch(store: Store, size: number): Promise<Scratch> {
  const count = Math.max(1, Math.min(MOST_ENTRIES, Math.floor(MOST_BYTES / size)));
  const places = Array.from({ length: count }, (_, i) => i);
  const any = anyTag(MODEL);
  const [rows, others, news] = ["", "other-", "new-"].map((kind) =>
    places.map((i) => rowTag(MODEL, [`${kind}${i}`])),
  ) as [Tag[], Tag[], Tag[]];
  const keys = places.map((i) => `${FINGERPRINT}:${MODEL}:findUnique:where(id:${i})`);
  const lifetimes = [any, ...rows].map(() => LIFETIME);
  const [token, ...tokens] = (await store.mint([any, ...rows], lifetimes)).map(String);
  const now = Date.now();
  const times = { storedAt: now, freshUntil: now + LIFETIME, loadTime: 1, sliding: null };
  const entry = { fingerprint: FINGERPRINT, identity: null, absent: false, names: null, ...times };
  const payload = randomBytes(size);
  const frames = tokens.map((stamp) => frameEntry({ ...entry, payload, stamps: [token!, stamp] }));
  await Promise.all(places.map((i) => store.fill(keys[i]!, frames[i]!, LIFETIME)));

  const at = <T>(list: readonly T[], i: number): T => list[i % list.length]!;
  return {
    calls: {
      read: (i) => store.lookup(at(keys, i), [any, at(rows, i)]),
      // It is gone again before it is asked for the next time.
      mint: (i) => store.mint([any, at(news, i)], [LIFETIME, 1]),
      fill: (i) => store.fill(at(keys, i), at(frames, i), LIFETIME),
      write: async (i) => {
        const [holder, tags] = [`benchmark-${i}`, [any, at(rows, i), at(others, i)]];
        await store.quarantine(holder, tags, LIFETIME);
        await store.release(holder, { changed: tags, unchanged: [] });
      },
    },
    async remove() {
      await Promise.all(keys.map((key) => store.remove(key)));
      await store.rotate([any, ...rows, ...others, ...news]);
    },
  };
}
