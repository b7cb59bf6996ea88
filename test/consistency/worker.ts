import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { createGate, type Gate } from "@evercache/testing";
import { openClients, type Clients } from "./client.js";
import { CallerErrorLog, classify } from "./errors.js";
import { clock, WorkerLog } from "./log.js";
import { xorshift } from "./random.js";
import { settle, type ReadWithInfo } from "./settle.js";
import type { Assignment, Order, Report } from "./messages.js";
import { QUERIES } from "./workload/queries.js";
import { WRITE_FORMS, writeContext } from "./workload/writes.js";

/** Nanoseconds between two bursts of writes, which all workers begin at the same time. */
const BURST_PERIOD = 150e6;
const BURST_WRITES = 2;
/** A write takes at most one part in so many of the time between two. */
const WRITE_SHARE = 10;
const MOST_PERIODS = 8;
/** Of so many reads one is asked where its answer came from. */
const ASKED = 16;
const FLUSH_MS = 100;

/** Whether the cache could not be told of a write, and whether it has to be told yet. */
type Exposure = { exposed: boolean; owedSince: number | null };

/** One process of the application: reads all the time, and writes together with the others. */
class Worker {
  readonly #clients: Clients;
  readonly #log: WorkerLog;
  readonly #errors = new CallerErrorLog();
  readonly #random: () => number;
  readonly #current = new AsyncLocalStorage<Exposure>();
  readonly #loops: Promise<void>[] = [];
  readonly #flushing: NodeJS.Timeout;
  #nonce: number;
  #running = true;
  /** Writers wait for it, if there is one. */
  #held: Gate | undefined;
  readonly #writes = new Set<Promise<void>>();

  constructor(private readonly assignment: Assignment) {
    this.#clients = openClients(assignment);
    this.#log = new WorkerLog(assignment.log);
    this.#random = xorshift(assignment.seed);
    this.#nonce = assignment.nonceBase;
    this.#clients.onEvent((event) => {
      if (event.type === "recovery" && event.outcome === "flushed") this.#log.told();
      if ((event.type !== "release" && event.type !== "quarantine") || event.outcome !== "refused") return;
      // Told in the context of the write that it is about.
      const current = this.#current.getStore();
      if (!current) return;
      current.exposed = true;
      if (event.type === "release") current.owedSince = clock();
    });
    for (let i = 0; i < assignment.readers; i++) this.#loops.push(this.#readOn());
    for (let i = 0; i < BURST_WRITES; i++) this.#loops.push(this.#writeOn());
    this.#flushing = setInterval(() => this.#log.flush(), FLUSH_MS);
  }

  async #readOn(): Promise<void> {
    const { cached } = this.#clients;
    for (let turn = Math.floor(this.#random() * ASKED); this.#running; turn++) {
      const index = pickQuery(this.#random());
      const query = QUERIES[index]!;
      const start = clock();
      try {
        if (turn % ASKED === 0) {
          const { data, info } = await (query.ask(cached) as unknown as ReadWithInfo).withCacheInfo();
          this.#log.read(start, clock(), index, data, info.status);
        } else {
          const data = await query.ask(cached);
          this.#log.read(start, clock(), index, data, "unasked");
        }
      } catch (error) {
        if ((error as { code?: unknown }).code === "P2025") this.#log.read(start, clock(), index, null, "unasked");
        else {
          this.#errors.add(`read: ${classify(error).name}`, `${query.name}: ${String(error)}`);
          // Not at once again: the database may be away.
          await delay(5);
        }
      }
    }
  }

  /**
   * All workers begin at multiples of the same period. It doubles where writes take long, as they do on a busy machine, so
   * that most of the time nothing is locked.
   */
  async #writeOn(): Promise<void> {
    let periods = 1;
    while (this.#running) {
      const burst = (Math.floor(clock() / BURST_PERIOD / periods) + 1) * periods;
      await delay(Math.max(0, (burst * BURST_PERIOD - clock()) / 1e6));
      await this.#held?.pass();
      if (!this.#running) return;
      const start = clock();
      const write = this.#write(burst);
      this.#writes.add(write);
      await write.finally(() => this.#writes.delete(write));
      const wanted = Math.max(1, ((clock() - start) * WRITE_SHARE) / BURST_PERIOD);
      periods = Math.min(MOST_PERIODS, 2 ** Math.ceil(Math.log2(wanted)));
    }
  }

  async #write(burst: number): Promise<void> {
    const form = pickForm(this.#random());
    const nonce = ++this.#nonce;
    const context = writeContext(nonce, this.#random, (burst * 7919) >>> 3);
    const current: Exposure = { exposed: false, owedSince: null };
    this.#log.begin(nonce, form.name);
    try {
      const { rows, deleted = null } = await this.#current.run(current, () => form.run(this.#clients.cached, context));
      this.#log.end(nonce, "acknowledged", { rows, deleted, ...current });
    } catch (error) {
      const { name, outcome } = classify(error);
      this.#log.end(nonce, outcome, { rows: null, deleted: null, ...current });
      this.#errors.add(`write: ${name}`, `${form.name}: ${String(error)}`);
    }
  }

  async hold(): Promise<Report> {
    this.#held = createGate();
    await Promise.all(this.#writes);
    return { type: "held" };
  }

  resume(): Report {
    this.#held?.open();
    this.#held = undefined;
    return { type: "resumed" };
  }

  async stop(): Promise<Report> {
    this.#running = false;
    this.resume();
    await Promise.all(this.#loops);
    clearInterval(this.#flushing);
    this.#log.close();
    return {
      type: "stopped",
      reads: this.#log.count,
      writes: this.#nonce - this.assignment.nonceBase,
      stats: this.#clients.stats(),
      errors: this.#errors.counts,
    };
  }

  async settle(queries: readonly number[], patience: number, type: "settled" | "probed"): Promise<Report> {
    return { type, ...(await settle(this.#clients, queries, patience, type === "settled")) };
  }

  async end(): Promise<Report> {
    await this.#clients.close();
    return { type: "ended" };
  }
}

const pickQuery = weighted(QUERIES);
const pickForm = (
  (pick) => (random: number) =>
    WRITE_FORMS[pick(random)]!
)(weighted(WRITE_FORMS));

/** From a number in [0, 1) to an index, by weight. */
function weighted(choices: readonly { readonly weight: number }[]): (random: number) => number {
  const places: number[] = [];
  for (const [index, { weight }] of choices.entries()) for (let i = 0; i < weight * 2; i++) places.push(index);
  return (random) => places[Math.floor(random * places.length)]!;
}

let worker: Worker | undefined;

async function obey(order: Order): Promise<Report> {
  if (order.type === "start") {
    worker = new Worker(order.assignment);
    return { type: "started" };
  }
  if (!worker) throw new Error(`${order.type} before start`);
  switch (order.type) {
    case "stop":
      return worker.stop();
    case "settle":
      return worker.settle([...QUERIES.keys()], order.patience, "settled");
    case "probe":
      return worker.settle(order.queries, order.patience, "probed");
    case "hold":
      return worker.hold();
    case "resume":
      return worker.resume();
    case "end":
      return worker.end();
    default:
      return order satisfies never;
  }
}

process.on("message", (order: Order) => {
  obey(order).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit(0));
