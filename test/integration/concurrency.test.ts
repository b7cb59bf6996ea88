import { cacheExtension } from "@evercache/prisma";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDatabase, providers, redisUrl, testClient } from "../setup/client.js";
import { seededRandom } from "./shop-queries.js";

const ROWS = 8;
/** The test goes on until this much has happened, however slow the machine. */
const HITS = 300;
const WRITES = 80;

/**
 * Two clients with a cache each, on one Redis, as two processes would be. The stock of each product only ever grows. A read
 * that starts after a write was acknowledged, by whichever client, must show at least that stock; a negative stock is
 * only ever written in transactions that are rolled back, so nobody may see one.
 */
describe.each(providers().filter((provider) => provider !== "sqlite"))("on %s", (provider) => {
  test("concurrent readers never see less than what was acknowledged", { timeout: 120_000 }, async () => {
    const database = await createDatabase(provider);
    onTestFinished(() => database.drop());
    const clients = await Promise.all(
      [1, 2].map(async () => {
        const { prisma } = await testClient(provider, { database });
        const options = {
          redis: redisUrl(),
          namespace: `race-${provider}-${process.pid}`,
          deadline: "5s",
          writeDeadline: "5s",
          defaults: { adaptive: false },
        } as const;
        return prisma.$extends(cacheExtension(options));
      }),
    );
    onTestFinished(async () => void (await Promise.all(clients.map((client) => client.$cache.disconnect()))));
    const [setUp] = clients;
    await setUp!.supplier.create({ data: { id: 1, name: "s" } });
    await setUp!.product.createMany({
      data: Array.from({ length: ROWS }, (_, i) => ({ id: i + 1, sku: `sku${i + 1}`, name: "p", price: 1, stock: 0 })),
    });

    const acknowledged = Array.from({ length: ROWS + 1 }, () => 0);
    const violations: string[] = [];
    let writes = 0;
    const hits = () => clients.reduce((sum, client) => sum + client.$cache.stats().reads.hit, 0);
    const goOn = () => violations.length === 0 && (writes < WRITES || hits() < HITS);
    const quote = provider === "mysql" ? "`" : '"';
    type Client = (typeof clients)[number];
    const acknowledge = (id: number, stock: number) => {
      acknowledged[id] = Math.max(acknowledged[id]!, stock);
      writes++;
    };

    const readForms: ((client: Client, id: number) => Promise<number | undefined>)[] = [
      async (client, id) => (await client.product.findUnique({ where: { id } }))?.stock,
      async (client, id) =>
        (await client.product.findUnique({ where: { sku: `sku${id}` }, select: { stock: true } }))?.stock,
      async (client, id) => (await client.product.findFirst({ where: { id }, include: { supplier: true } }))?.stock,
      async (client, id) => (await client.product.findMany({ orderBy: { id: "asc" } }))[id - 1]?.stock,
      async (client, id) =>
        (await client.product.aggregate({ where: { id }, _max: { stock: true } }))._max.stock ?? undefined,
      async (client, id) =>
        (await client.supplier.findUnique({ where: { id: 1 } }).products({ where: { id } }))?.[0]?.stock,
    ];
    const increment = { stock: { increment: 1 } } as const;
    const writeForms: ((client: Client, id: number) => Promise<void>)[] = [
      async (client, id) => acknowledge(id, (await client.product.update({ where: { id }, data: increment })).stock),
      async (client, id) =>
        acknowledge(
          id,
          (await client.product.update({ where: { sku: `sku${id}` }, data: increment, select: { stock: true } })).stock,
        ),
      async (client, id) => {
        const floor = acknowledged[id]!;
        await client.product.updateMany({ where: { id }, data: increment });
        acknowledge(id, floor + 1);
      },
      async (client, id) => {
        const floor = acknowledged[id]!;
        await client.$executeRawUnsafe(`UPDATE ${quote}Product${quote} SET stock = stock + 1 WHERE id = ${id}`);
        acknowledge(id, floor + 1);
      },
      async (client, id) => {
        const stock = await client.$transaction(async (tx) => {
          await tx.product.update({ where: { id }, data: increment });
          return (await tx.product.update({ where: { id }, data: increment })).stock;
        });
        acknowledge(id, stock);
      },
      async (client, id) => {
        const results = await client.$transaction([
          client.product.update({ where: { id }, data: increment }),
          client.product.count(),
        ]);
        acknowledge(id, results[0].stock);
      },
      async (client, id) => {
        const rolledBack = client.$transaction(async (tx) => {
          await tx.product.update({ where: { id }, data: { stock: -1 } });
          await tx.product.findMany();
          throw new Error("roll back");
        });
        await rolledBack.catch(() => {});
      },
    ];

    const reader = async (client: Client, random: (below: number) => number) => {
      while (goOn()) {
        const id = 1 + random(ROWS);
        const floor = acknowledged[id]!;
        const form = random(readForms.length);
        const stock = await readForms[form]!(client, id);
        if (stock === undefined || stock < floor)
          violations.push(`form ${form} of product ${id}: ${stock} after ${floor}`);
      }
    };
    const writer = async (client: Client, random: (below: number) => number) => {
      while (goOn()) {
        // A conflict between transactions (a deadlock, a lost race) is the application's to retry.
        await writeForms[random(writeForms.length)]!(client, 1 + random(ROWS)).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, random(150)));
      }
    };
    await Promise.all(
      clients.flatMap((client, i) => [
        ...Array.from({ length: 6 }, (_, n) => reader(client, seededRandom(100 * i + n))),
        ...Array.from({ length: 2 }, (_, n) => writer(client, seededRandom(1000 * i + n))),
      ]),
    );

    expect(violations).toEqual([]);
  });
});
