import { cacheExtension } from "@evercache/prisma";
import { describe, expect, test } from "vitest";
import { isOneChange } from "../../packages/prisma/src/mutation/sql-statements.js";
import { providers, redisUrl, testClient } from "../setup/client.js";

describe.each(providers())("%s", (provider) => {
  test("one raw statement that the database refuses keeps nobody from the cache", async () => {
    const { prisma: plain } = await testClient(provider);
    const cached = plain.$extends(
      cacheExtension({ redis: redisUrl(), namespace: `outcome-raw-${provider}-${process.pid}`, writeDeadline: "10s" }),
    );
    await cached.country.createMany({ data: ["DE", "FR"].map((code) => ({ code, name: code })) });
    const read = () => cached.country.findUnique({ where: { code: "DE" } }).withCacheInfo();
    const table = provider === "mysql" ? "`Country`" : '"Country"';

    const alone = `UPDATE ${table} SET name = 'DE'`;
    await expect(cached.$executeRawUnsafe(alone)).rejects.toMatchObject({ code: "P2010" });
    expect((await read()).info.status).not.toBe("bypass");
    expect(await plain.country.findMany({ select: { name: true }, orderBy: { code: "asc" } })).toEqual([
      { name: "DE" },
      { name: "FR" },
    ]);

    // Whether something was committed before is not known of this one.
    await expect(cached.$executeRawUnsafe(`${alone}; ${alone}`)).rejects.toMatchObject({ code: "P2010" });
    expect((await read()).info).toMatchObject({ status: "bypass", reason: "quarantined" });
    await cached.$disconnect();
  });
});

test.each<[string, boolean]>([
  ["UPDATE t SET a = 1", true],
  ["  /* x */ insert into t values (1);", true],
  ["DELETE FROM t", true],
  ["MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", true],
  ["INSERT OR FAIL INTO t VALUES (1)", false],
  ["UPDATE OR FAIL t SET a = 1", false],
  ["UPDATE t SET a = 1; UPDATE t SET a = 2", false],
  ["CALL halfway()", false],
  ["DO $$ BEGIN COMMIT; END $$", false],
  ["SELECT change_it()", false],
  ["", false],
  ["UPDATE t SET a = 'it\\'s'", false],
])("%s is one change: %s", (sql, expected) => expect(isOneChange(sql, "postgresql")).toBe(expected));
