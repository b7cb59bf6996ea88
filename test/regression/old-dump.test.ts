import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { removeFolder } from "../setup/child-server.js";
import { startRedis } from "../setup/redis.js";
import { byCounter, byReferenceSet } from "./naive/invalidation.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

/** The server comes back with the data of an hour ago: old entries, and all that says that they are true. */
describe("Redis restarts from an old dump", () => {
  async function scenario(make: MakeSubject) {
    const folder = mkdtempSync(path.join(tmpdir(), "evercache-dump-"));
    onTestFinished(() => removeFolder(folder));
    const redis = await startRedis(["--dir", folder]);
    onTestFinished(() => redis.stop());
    const admin = new Redis(redis.url);
    admin.on("error", () => {});
    onTestFinished(() => admin.disconnect());
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redis.url, namespace: ownNamespace() });
    const read = async () => (await prisma.user.findUnique({ where: { id: 1 } }))?.name;

    await read();
    await settled();
    await admin.save();
    const dumped = await admin.dbsize();
    await prisma.user.update({ where: { id: 1 }, data: { name: "new" } });
    await settled();
    await redis.restart();
    await expect.poll(() => admin.dbsize().catch(() => 0), { timeout: 10_000 }).toBe(dumped);
    // Until the cache is connected again, and reads and stores.
    const names = new Set<string | undefined>();
    await expect
      .poll(
        async () => {
          names.add(await read());
          await settled();
          return (await admin.info("commandstats")).includes("cmdstat_set:") || names.has("User 1");
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    names.add(await read());
    return [...names];
  }

  test("and nothing of it is served", async () => {
    expect(await scenario(evercache())).toEqual(["new"]);
  });

  test("and its old rows are served by a naive cache, whether it keeps sets or counters", async () => {
    expect(await scenario(naive({ invalidation: byReferenceSet() }))).toContain("User 1");
    expect(await scenario(naive({ invalidation: byCounter }))).toContain("User 1");
  });
});
