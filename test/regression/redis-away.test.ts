import { describe, expect, onTestFinished, test } from "vitest";
import { startRedis, type RedisServer } from "../setup/redis.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { outrun } from "./support/outrun.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

/** The deadlines that users have. */
const USUAL = { deadline: "50ms", writeDeadline: "250ms" } as const;

const troubles = [
  ["is gone", (redis: RedisServer) => redis.kill()],
  ["is frozen", (redis: RedisServer) => redis.pause()],
] as const;

describe.each(troubles)("when Redis %s", (_, befall) => {
  async function trouble(make: MakeSubject) {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redis.url, namespace: ownNamespace() });
    await prisma.user.findUnique({ where: { id: 1 } });
    await settled();
    await befall(redis);
    return { plain, prisma, lap: () => plain.$queryRaw`SELECT pg_sleep(0.02)::text` };
  }

  async function reading(make: MakeSubject) {
    const { plain, prisma, lap } = await trouble(make);
    // More slowly than any deadline, and yet much faster than a client that retries twenty times.
    const read = outrun(prisma.user.findUnique({ where: { id: 2 } }), lap, 100);
    expect(await plain.user.count()).toBe(4);
    return read;
  }

  async function writing(make: MakeSubject) {
    const { plain, prisma, lap } = await trouble(make);
    const write = await outrun(prisma.user.update({ where: { id: 1 }, data: { name: "new" } }), lap, 100);
    return { write, name: (await plain.user.findUnique({ where: { id: 1 } }))?.name };
  }

  test("reads are answered by the database", async () => {
    expect(await reading(evercache(USUAL))).toBe("resolved");
  });

  test("reads wait for it in a naive cache", async () => {
    expect(await reading(naive())).toBe("pending");
  });

  test("a write is done and resolves", async () => {
    expect(await writing(evercache(USUAL))).toEqual({ write: "resolved", name: "new" });
  });

  test("a write is done and fails, or never resolves, behind a naive cache", async () => {
    expect(await writing(naive())).toEqual({ write: "pending", name: "new" });
    expect(await writing(naive({ impatient: true }))).toEqual({ write: "rejected", name: "new" });
  });
});
