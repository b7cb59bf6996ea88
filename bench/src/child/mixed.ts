import { openDatabase } from "../database.js";
import { percentile } from "../figures.js";
import { inParallel, numbers } from "../in-parallel.js";
import { Ledger, type Version } from "../mix/ledger.js";
import { operations, type MixSize, type Operation, type Read, type Workload, type Write } from "../mix/workload.js";
import { listOfCategory, rowById } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import type { Subject } from "../subjects/subject.js";
import { SUBJECTS } from "../subjects/subjects.js";

/** One subject under one workload. The table is as at its start. */
export interface MixedJob {
  readonly subject: SubjectName;
  readonly workload: Workload;
  readonly size: MixSize;
  readonly seed: number;
  readonly inFlight: number;
  readonly warmUp: number;
  readonly measured: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** Times in milliseconds. */
export interface MixedResult {
  readonly queriesPerRead: number;
  readonly hitRatio: number;
  readonly bypassRatio: number;
  readonly perSecond: number;
  readonly readP50: number;
  readonly readP99: number;
  readonly writeP50: number;
  readonly writeP99: number;
  readonly reads: number;
  readonly stale: number;
}

interface Tally {
  readonly reads: number[];
  readonly writes: number[];
  stale: number;
}

export async function mixed(job: MixedJob): Promise<MixedResult> {
  const { size, inFlight } = job;
  // None of the writes selects: each is one statement that returns its row.
  const database = openDatabase(job.databaseUrl, { counting: true });
  const subject = SUBJECTS[job.subject](database.prisma, job.redisUrl);
  const driver = new Driver(subject, size);
  const next = operations(job.workload, size, job.seed);
  await subject.prepare?.([
    ...[...numbers(1, size.rows)].map(rowById),
    ...[...numbers(1, size.parents)].map(listOfCategory),
  ]);
  await driver.all(everything(size), inFlight);
  await driver.all(take(next, job.warmUp), inFlight);

  const counts = () => ({ ...(subject.counts?.() ?? { hits: 0, bypasses: 0 }), selects: database.selects() });
  const before = counts();
  driver.tally = newTally();
  const began = performance.now();
  await driver.all(take(next, job.measured), inFlight);
  const seconds = (performance.now() - began) / 1000;
  const after = counts();
  const { reads, writes, stale } = driver.tally;
  const result: MixedResult = {
    queriesPerRead: (after.selects - before.selects) / reads.length,
    hitRatio: (after.hits - before.hits) / reads.length,
    bypassRatio: (after.bypasses - before.bypasses) / reads.length,
    perSecond: job.measured / seconds,
    readP50: percentile(reads, 0.5),
    readP99: percentile(reads, 0.99),
    writeP50: percentile(writes, 0.5),
    writeP99: percentile(writes, 0.99),
    reads: reads.length,
    stale,
  };
  await subject.close();
  await database.close();
  return result;
}

/** Each row and each list once. */
function* everything({ rows, parents }: MixSize): Iterable<Operation> {
  for (const id of numbers(1, rows)) yield { kind: "row", id };
  for (const parent of numbers(1, parents)) yield { kind: "list", parent };
}

function* take(next: () => Operation, count: number): Iterable<Operation> {
  for (let i = 0; i < count; i++) yield next();
}

function newTally(): Tally {
  return { reads: [], writes: [], stale: 0 };
}

/** Carries operations out, and looks at each answer. */
class Driver {
  tally = newTally();
  readonly #subject: Subject;
  readonly #ledger: Ledger;
  readonly #created: number[] = [];
  #skus = 0;

  constructor(subject: Subject, size: MixSize) {
    this.#subject = subject;
    this.#ledger = new Ledger(size);
  }

  all(todo: Iterable<Operation>, inFlight: number): Promise<void> {
    return inParallel(todo, inFlight, (operation) => this.#do(operation));
  }

  async #do(operation: Operation): Promise<void> {
    const started = performance.now();
    if (operation.kind === "row" || operation.kind === "list") return this.#read(operation, started);
    await this.#write(operation);
    this.tally.writes.push(performance.now() - started);
  }

  async #read(operation: Read, started: number): Promise<void> {
    const began = this.#ledger.now();
    let isStale: boolean;
    if (operation.kind === "row") {
      const row = await this.#subject.read(rowById(operation.id));
      this.tally.reads.push(performance.now() - started);
      isStale = this.#ledger.isStaleRow(began, operation.id, row === null ? null : versionOf(row));
    } else {
      const rows = (await this.#subject.read(listOfCategory(operation.parent))) as unknown[];
      this.tally.reads.push(performance.now() - started);
      isStale = this.#ledger.isStaleList(began, operation.parent, rows.map(versionOf));
    }
    if (isStale) this.tally.stale++;
  }

  async #write(operation: Write): Promise<void> {
    const { product } = this.#subject.client;
    const revision = { increment: 1 };
    switch (operation.kind) {
      case "update": {
        const data = { description: "e".repeat(100), revision };
        this.#ledger.acknowledge(versionOf(await product.update({ where: { id: operation.id }, data })));
        return;
      }
      case "move": {
        const { id, parent } = operation;
        this.#ledger.beginMove(id);
        this.#ledger.acknowledge(
          versionOf(await product.update({ where: { id }, data: { categoryId: parent, revision } })),
        );
        this.#ledger.endMove(id);
        return;
      }
      case "delete": {
        const id = this.#created.shift();
        if (id === undefined) return this.#create(1);
        this.#ledger.beginMove(id);
        await product.delete({ where: { id } });
        this.#ledger.acknowledge({ id, version: Infinity, parent: null });
        this.#ledger.endMove(id);
        return;
      }
      case "create":
        return this.#create(operation.parent);
      default:
        operation satisfies never;
    }
  }

  async #create(categoryId: number): Promise<void> {
    const data = { ...NEW_PRODUCT, sku: `new-${++this.#skus}`, categoryId };
    const row = versionOf(await this.#subject.client.product.create({ data }));
    this.#ledger.acknowledge(row);
    this.#created.push(row.id);
  }
}

const NEW_PRODUCT = {
  name: "new",
  description: "d".repeat(100),
  condition: "NEW" as const,
  published: true,
  weight: 1,
  price: 1,
  checksum: new Uint8Array(16),
  attributes: {},
  labels: ["new"],
  releasedAt: new Date(0),
};

/** JSON may have made a text of the BigInt. */
function versionOf(row: unknown): Version {
  const { id, revision, categoryId } = row as { id: number; revision: bigint | string; categoryId: number };
  return { id, version: Number(revision), parent: categoryId };
}
