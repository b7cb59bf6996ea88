import { cacheExtension } from "@evercache/prisma";
import { createMemoryStore } from "@evercache/core";
import { createGate, wrapStore } from "@evercache/testing";
import { expect, test } from "vitest";
import { testShop, type TestClient } from "../setup/client.js";

test("a statement that nobody awaited, and that comes while its transaction is locked, is seen by others when that is acknowledged", async () => {
  const { prisma } = await testShop("postgresql");
  const locks = Object.assign(createMemoryStore(), { tenure: {} });
  const [locking, releasing, second] = [createGate(), createGate(), createGate()];
  let quarantines = 0;
  const store = wrapStore(locks, {
    before: {
      quarantine: () => (quarantines++ === 0 ? locking.pass() : undefined),
      release: () => releasing.pass(),
    },
  });
  const writer = prisma.$extends(cacheExtension({ store }));
  const reader = prisma.$extends(cacheExtension({ store: locks }));
  const read = async () => (await reader.product.findUniqueOrThrow({ where: { id: 2 } })).name;
  for (const look of [read, read]) expect(await look()).not.toBe("late");

  const writing = writer.$transaction(async (tx) => {
    void (async () => {
      await second.pass();
      await tx.product.update({ where: { id: 2 }, data: { name: "late" } });
    })().catch(() => {});
    await tx.product.update({ where: { id: 1 }, data: { stock: 77 } });
  });
  await locking.arrived;
  second.open();
  await expect.poll(() => lastInTransaction(prisma)).toContain('"name" = ');
  locking.open();
  let isAcknowledged = false;
  const acknowledged = writing.then(() => (isAcknowledged = true));
  await releasing.arrived;
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  // Whether its release is waited for or its locks hide what is old: whoever asks after the acknowledgement is told what is true.
  if (!isAcknowledged) releasing.open();
  await acknowledged;
  expect(await read()).toBe("late");
  releasing.open();
});

/** The last statement of the connection that has a transaction open. */
async function lastInTransaction(prisma: Pick<TestClient["prisma"], "$queryRaw">): Promise<string> {
  const rows = await prisma.$queryRaw<{ query: string }[]>`
    SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`;
  return rows.map(({ query }) => query).join();
}
