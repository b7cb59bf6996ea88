import { connectClient, type TestClient } from "../../../test/setup/connect.js";
import type { TestDatabase } from "../../../test/setup/databases.js";
import { percentile } from "../figures.js";
import { Ledger, type Version } from "./ledger.js";
import { SUBJECTS, type Client, type SubjectName } from "./subjects.js";
import { operations, PARENTS, ROWS, type Operation, type Read, type Workload, type Write } from "./workload.js";

/*
 * One run: one subject under one workload, in a process of its own. It seeds the table, warms up, measures, and tells its
 * parent.
 */

export interface Job {
  readonly subject: SubjectName;
  readonly workload: Workload;
  readonly seed: number;
  readonly inFlight: number;
  readonly warmUp: number;
  readonly measured: number;
  readonly database: Pick<TestDatabase, "url" | "provider">;
  readonly redisUrl: string;
}

export interface Result {
  readonly queriesPerRead: number;
  readonly hitRatio: number;
  readonly bypassRatio: number;
  readonly opsPerSecond: number;
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

process.once("message", (job: Job) => {
  void run(job).then((result) => {
    process.send!(result);
    process.disconnect();
  });
});

async function run(job: Job): Promise<Result> {
  const database = await connectClient(job.database as TestDatabase);
  await seed(database.prisma);
  const { client, counts, close } = await SUBJECTS[job.subject](database.prisma, job.redisUrl);
  const driver = new Driver(client);
  const next = operations(job.workload, job.seed);
  await driver.all(everything(), job.inFlight);
  await driver.all(take(next, job.warmUp), job.inFlight);

  const before = { ...counts(), selects: selects(database) };
  driver.tally = newTally();
  const began = performance.now();
  await driver.all(take(next, job.measured), job.inFlight);
  const seconds = (performance.now() - began) / 1000;
  const after = { ...counts(), selects: selects(database) };
  const { reads, writes, stale } = driver.tally;
  const result: Result = {
    queriesPerRead: (after.selects - before.selects) / reads.length,
    hitRatio: (after.hits - before.hits) / reads.length,
    bypassRatio: (after.bypasses - before.bypasses) / reads.length,
    opsPerSecond: job.measured / seconds,
    readP50: percentile(reads, 0.5),
    readP99: percentile(reads, 0.99),
    writeP50: percentile(writes, 0.5),
    writeP99: percentile(writes, 0.99),
    reads: reads.length,
    stale,
  };
  await close();
  await database.close();
  return result;
}

/** None of the writes selects: each is one statement that returns its row. */
function selects({ statements }: TestClient): number {
  let count = 0;
  for (const statement of statements()) if (statement.startsWith("SELECT")) count++;
  return count;
}

async function seed(prisma: TestClient["prisma"]): Promise<void> {
  await prisma.$executeRaw`TRUNCATE "Product", "Category", "Supplier" RESTART IDENTITY CASCADE`;
  await prisma.$executeRaw`INSERT INTO "Supplier" (name) VALUES ('house')`;
  await prisma.$executeRaw`
    INSERT INTO "Category" (slug, name) SELECT 'c' || n, 'category ' || n FROM generate_series(1, ${PARENTS}::int) n`;
  await prisma.$executeRaw`
    INSERT INTO "Product" (sku, name, description, price, labels, "categoryId", "updatedAt")
    SELECT 'sku-' || n, 'product ' || n, repeat('d', 100), n / 100.0, '{}', (n - 1) % ${PARENTS}::int + 1, now()
    FROM generate_series(1, ${ROWS}::int) n`;
  await prisma.$executeRaw`VACUUM ANALYZE "Product", "Category"`;
}

/** Each row and each list once. */
function* everything(): Iterable<Operation> {
  for (let id = 1; id <= ROWS; id++) yield { kind: "row", id };
  for (let parent = 1; parent <= PARENTS; parent++) yield { kind: "list", parent };
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
  readonly #client: Client;
  readonly #ledger = new Ledger();
  readonly #created: number[] = [];
  #skus = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  async all(todo: Iterable<Operation>, inFlight: number): Promise<void> {
    // One iterator for all: each takes the next operation as soon as it has done one.
    const iterator = todo[Symbol.iterator]();
    const work = async () => {
      for (let next = iterator.next(); !next.done; next = iterator.next()) await this.#do(next.value);
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }

  async #do(operation: Operation): Promise<void> {
    const started = performance.now();
    if (operation.kind === "row" || operation.kind === "list") return this.#read(operation, started);
    await this.#write(operation);
    this.tally.writes.push(performance.now() - started);
  }

  async #read(operation: Read, started: number): Promise<void> {
    const { product } = this.#client;
    const began = this.#ledger.now();
    let isStale: boolean;
    if (operation.kind === "row") {
      const row = await product.findUnique({ where: { id: operation.id } });
      this.tally.reads.push(performance.now() - started);
      isStale = this.#ledger.isStaleRow(began, operation.id, row === null ? null : versionOf(row));
    } else {
      const where = { categoryId: operation.parent };
      const rows = (await product.findMany({ where, orderBy: { id: "asc" } })) as unknown[];
      this.tally.reads.push(performance.now() - started);
      isStale = this.#ledger.isStaleList(began, operation.parent, rows.map(versionOf));
    }
    if (isStale) this.tally.stale++;
  }

  async #write(operation: Write): Promise<void> {
    const { product } = this.#client;
    const views = { increment: 1 };
    switch (operation.kind) {
      case "update": {
        const data = { description: "e".repeat(100), views };
        this.#ledger.acknowledge(versionOf(await product.update({ where: { id: operation.id }, data })));
        return;
      }
      case "move": {
        const { id, parent } = operation;
        this.#ledger.beginMove(id);
        this.#ledger.acknowledge(
          versionOf(await product.update({ where: { id }, data: { categoryId: parent, views } })),
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
    const data = { sku: `new-${++this.#skus}`, name: "new", price: 1, categoryId };
    const row = versionOf(await this.#client.product.create({ data }));
    this.#ledger.acknowledge(row);
    this.#created.push(row.id);
  }
}

function versionOf(row: unknown): Version {
  const { id, views, categoryId } = row as { id: number; views: number; categoryId: number };
  return { id, version: views, parent: categoryId };
}
