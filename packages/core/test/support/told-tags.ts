import { createGate, type Gate } from "../../../testing/src/gate.js";
import { wrapStore, type StoreHooks } from "../../../testing/src/wrap-store.js";
import type { Cache } from "../../src/cache.js";
import type { CacheOptions } from "../../src/cache-options.js";
import type { Store } from "../../src/store/store.js";
import type { Core } from "../simulation/load-core.js";
import { LONG } from "./make-cache.js";
import { EVERYTHING, makePlan } from "./plans.js";
import type { ReadPlan } from "../../src/read-plan.js";

/** An order, of which only the row tells the tenant, and processes that share a store. */
export class Orders {
  /** What the database says. */
  note = "old";
  /** Of the store. */
  clock = 0;
  readonly store: Store;
  readonly #open: Cache[] = [];

  constructor(private readonly core: Core) {
    this.store = core.createMemoryStore({ now: () => this.clock });
  }

  /** A process of its own. */
  start(hooks: StoreHooks = {}, options: Partial<CacheOptions> = {}): Cache {
    const cache = new this.core.Cache({
      openStore: () => wrapStore(this.store, hooks),
      consistency: "bounded",
      onUnreachable: "proceed",
      deadline: 5000,
      writeDeadline: 5000,
      lease: LONG,
      ambiguousLease: 2 * LONG,
      longestTtl: 86_400_000,
      everything: EVERYTHING,
      ...options,
    });
    this.#open.push(cache);
    return cache;
  }

  get tag() {
    return this.core.customTag("tenant:7");
  }

  /** What is loaded is on its way until `loading` is open. */
  plan(loading?: Gate): ReadPlan<{ tenant: number; note: string }> {
    const load = async () => {
      const order = { tenant: 7, note: this.note };
      await loading?.pass();
      return order;
    };
    const plan = makePlan(load, {});
    const tagsOf = (result: unknown) => [`tenant:${(result as { tenant: number }).tenant}`];
    return {
      ...plan,
      codec: this.core.superjsonCodec(),
      tags: [...plan.tags, this.core.ANY_CUSTOM],
      absentTags: [...plan.absentTags, this.core.ANY_CUSTOM],
      policy: { ...plan.policy, tagsOf },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((cache) => cache.close()));
  }
}

/** When the one read of a process has stored its result, or will not. */
function filled(cache: Cache): Promise<void> {
  return new Promise((resolve) => {
    cache.on(({ type }) => {
      if (type === "fill" || type === "bypass") resolve();
    });
  });
}

/** Holds the `n`th command of its kind. */
function holdAt(n: number, gate: Gate) {
  let seen = 0;
  return () => (++seen === n ? gate.pass() : undefined);
}

interface Race {
  readonly name: string;
  /** What is read when all is over: the database says "new". */
  readonly run: (orders: Orders) => Promise<void>;
}

/** The commands of a reader that mints: its stamps, then the exact tags, then the one for all. */
const [EXACT, ALL] = [2, 3];

/** Every way in which the steps of a reader and of one that ends its tag may meet, each with the old value on its way. */
export const RACES: readonly Race[] = [
  {
    name: "it is ended while the result is loaded",
    async run(orders) {
      const loading = createGate();
      const reader = orders.start();
      const fill = filled(reader);
      const reading = reader.read(orders.plan(loading));
      await loading.arrived;
      orders.note = "new";
      await orders.start().invalidate([orders.tag]);
      loading.open();
      await reading;
      await fill;
    },
  },
  ...[EXACT, ALL].map((look) => ({
    name: `it is ended before the reader ${look === EXACT ? "looks at it" : "looks at the tag for all"}`,
    async run(orders: Orders) {
      const looking = createGate();
      const reader = orders.start({ before: { mint: holdAt(look, looking) } });
      const fill = filled(reader);
      await reader.read(orders.plan());
      await looking.arrived;
      orders.note = "new";
      await orders.start().invalidate([orders.tag]);
      looking.open();
      await fill;
    },
  })),
  {
    name: "it is ended before the fill",
    async run(orders) {
      const filling = createGate();
      const reader = orders.start({ before: { fill: () => filling.pass() } });
      const fill = filled(reader);
      await reader.read(orders.plan());
      await filling.arrived;
      orders.note = "new";
      await orders.start().invalidate([orders.tag]);
      filling.open();
      await fill;
    },
  },
  ...(["rotate", "release"] as const).flatMap((command) =>
    [1, 2].map((n) => ({
      name: `all of a load comes ${n === 1 ? "before" : "between"} the two commands that end it (${command})`,
      async run(orders: Orders) {
        const [loading, ending] = [createGate(), createGate()];
        const reader = orders.start();
        const fill = filled(reader);
        const reading = reader.read(orders.plan(loading));
        await loading.arrived;
        orders.note = "new";
        const writer = orders.start({ before: { [command]: holdAt(n, ending) } }, { consistency: "eventual" });
        const done = command === "rotate" ? writer.invalidate([orders.tag]) : commit(writer, orders);
        await ending.arrived;
        loading.open();
        await reading;
        await fill;
        ending.open();
        await done;
      },
    })),
  ),
  ...[true, false].map((isHeld) => ({
    name: `its writer locks it, ${isHeld ? "commits while the result is loaded" : "and dies before it releases"}`,
    async run(orders: Orders) {
      const loading = createGate();
      const writer = orders.start();
      const fence = writer.fence();
      fence.add({ changed: [orders.tag], fenced: [] });
      await fence.lock();
      const reader = orders.start();
      const fill = filled(reader);
      const reading = reader.read(orders.plan(loading));
      await loading.arrived;
      orders.note = "new";
      if (isHeld) await fence.settle("committed");
      loading.open();
      await reading;
      await fill;
      orders.clock += 2 * LONG;
    },
  })),
  {
    name: "its writer locks it while the result is loaded, and commits when it is stored",
    async run(orders) {
      const loading = createGate();
      const reader = orders.start();
      const fill = filled(reader);
      const reading = reader.read(orders.plan(loading));
      await loading.arrived;
      const fence = orders.start().fence();
      fence.add({ changed: [orders.tag], fenced: [] });
      await fence.lock();
      loading.open();
      await reading;
      await fill;
      orders.note = "new";
      await fence.settle("committed");
    },
  },
];

async function commit(writer: Cache, { tag }: Orders): Promise<void> {
  const fence = writer.fence();
  fence.add({ changed: [tag], fenced: [] });
  await fence.lock();
  await fence.settle("committed");
}

/** What a process sees that comes when all is over. */
export async function seenAfter(core: Core, { run }: Race): Promise<string> {
  const orders = new Orders(core);
  try {
    await run(orders);
    const { data } = await orders.start().read(orders.plan());
    return data.note;
  } finally {
    await orders.close();
  }
}
