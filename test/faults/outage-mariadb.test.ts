import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { createFaultProxy } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers } from "../setup/client.js";
import { createDatabaseOn } from "../setup/databases.js";
import { PrismaClient as MysqlClient } from "../setup/generated/mysql/client.js";
import type { PrismaClient } from "../setup/generated/postgresql/client.js";
import { startMariadb } from "../setup/mariadb.js";
import { losingProxy } from "./support/losing-proxy.js";
import { judgementOf, type Judgement } from "./support/outage.js";
import { known, outcomeWorld, type OutcomeWorld } from "./support/outcome.js";
import { PATIENCE } from "./support/world.js";

/** A client of one connection. */
function readerOf(url: string, patience = 10_000, more = ""): PrismaClient {
  const address = `${url.replace(/^mysql:/, "mariadb:")}?connectionLimit=1&acquireTimeout=${patience}${more}`;
  const reader = new MysqlClient({ adapter: new PrismaMariaDb(address) as never });
  onTestFinished(() => reader.$disconnect());
  return reader as unknown as PrismaClient;
}

type Read = (client: PrismaClient) => PromiseLike<unknown>;

const READS: readonly [what: string, code: string, read: Read][] = [
  ["a row", "P2039", (client) => client.user.findUnique({ where: { id: 1 } })],
  ["raw", "P2010", (client) => client.$queryRawUnsafe("SELECT name FROM users WHERE id = 1")],
];

const gone = (error: Judgement["error"]): Judgement => ({ error, outage: true });
const refused = (error: Judgement["error"]): Judgement => ({ error, outage: false });

/** Until a connection to this database runs `text`; resolves to its number. */
async function busy({ truth }: Pick<OutcomeWorld, "truth">, text: string): Promise<number> {
  const running = () =>
    truth.$queryRawUnsafe<{ id: bigint }[]>(
      `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND INFO LIKE '${text}%'`,
    );
  await expect.poll(async () => (await running()).length, PATIENCE).toBe(1);
  return Number((await running())[0]!.id);
}

const sleep = (client: PrismaClient) => client.$queryRawUnsafe("SELECT SLEEP(20), id FROM users WHERE id = 1");

describe.runIf(providers().includes("mysql"))("MariaDB", () => {
  test.each(READS)("no connection can be had for %s", async (_, code, read) => {
    const { truth, database } = await outcomeWorld("mysql");
    const user = (limits: string, grant?: string) => async (name: string) => {
      await truth.$executeRawUnsafe(`CREATE USER '${name}'@'%' IDENTIFIED BY 'x' ${limits}`);
      onTestFinished(async () => void (await truth.$executeRawUnsafe(`DROP USER '${name}'@'%'`)));
      if (grant) await truth.$executeRawUnsafe(`GRANT ALL ON ${grant} TO '${name}'@'%'`);
      return database.url.replace("evercache:evercache@", `${name}:x@`);
    };
    const own = database.url.split("_").at(-1)!;
    const crowded = await user("WITH MAX_USER_CONNECTIONS 1", "*.*")(`one_${own}`);
    const locked = await user("ACCOUNT LOCK", "*.*")(`locked_${own}`);
    const stranger = await user("")(`stranger_${own}`);
    await read(readerOf(crowded));
    const proxy = await createFaultProxy({ target: { port: Number(new URL(database.url).port) } });
    onTestFinished(() => proxy.close());
    proxy.freeze();
    const error = known(code, "mysql", "45028");
    // The pool's own error, whatever the reason.
    for (const [what, url, judgement] of [
      ["nobody listens", "mysql://a:b@127.0.0.1:1/shop", gone(error)],
      ["an unknown host", "mysql://a:b@nowhere.invalid/shop", gone(error)],
      ["silence", `mysql://a:b@${proxy.host}:${proxy.port}/shop`, gone(error)],
      ["too many connections", crowded, gone(error)],
      ["an unknown database", `${database.url}_gone`, refused(error)],
      ["a wrong password", database.url.replace("evercache:evercache@", "evercache:wrong@"), refused(error)],
      ["somebody who may not use the database", stranger, refused(error)],
      ["a locked account", locked, refused(error)],
    ] as const) {
      // A refusal has to come in that time, on a busy machine too.
      const patience = judgement.outage ? 300 : 2_000;
      expect.soft(await judgementOf(() => read(readerOf(url, patience))), what).toEqual(judgement);
    }
    const full = readerOf(database.url, 300);
    await full.$transaction(async () => {
      expect.soft(await judgementOf(() => read(full))).toEqual(gone(error));
    });
  });

  test.each(READS)("the connection fails under %s", async (_, code, read) => {
    const world = await outcomeWorld("mysql");
    const proxy = await losingProxy(world.database.url);
    const reader = readerOf(proxy.url);
    await read(reader);
    for (const what of ["request", "reply"] as const) {
      const judgement = await judgementOf(() => {
        proxy.loseNext(what, "FROM");
        return read(reader);
      });
      expect.soft(judgement, what).toEqual(gone(known("ECONNRESET")));
    }
  });

  test.each(READS)("the server keeps silent about %s", async (_, code, read) => {
    const { database } = await outcomeWorld("mysql");
    const { hostname, port } = new URL(database.url);
    const proxy = await createFaultProxy({ target: { port: Number(port) } });
    onTestFinished(() => proxy.close());
    const url = database.url.replace(`${hostname}:${port}`, `${proxy.host}:${proxy.port}`);
    const reader = readerOf(url, 10_000, "&socketTimeout=500");
    await read(reader);
    proxy.freeze();
    expect(await judgementOf(() => read(reader))).toEqual(gone(known(code, "mysql", "45026")));
  });

  test("the connection is killed, and the query", async () => {
    const world = await outcomeWorld("mysql");
    const reader = readerOf(world.database.url);
    for (const [what, judgement] of [
      ["CONNECTION", gone(known("P2010", "mysql", "45009"))],
      ["QUERY", refused(known("P2010", "mysql", "1317"))],
    ] as const) {
      const kill = async () => {
        const id = await busy(world, "SELECT SLEEP");
        await world.truth.$executeRawUnsafe(`KILL ${what} ${id}`);
      };
      expect.soft(await judgementOf(() => sleep(reader), kill), what).toEqual(judgement);
    }
  });

  test("the server is shut down, and is away", async () => {
    const server = await startMariadb();
    onTestFinished(() => server.stop());
    // Not where it runs in a container.
    if (!server.halt) return;
    const database = await createDatabaseOn(server, "mysql");
    const [truth, reader] = [readerOf(database.url), readerOf(database.url, 300)];
    await truth.user.create({ data: { id: 1, email: "u1", name: "old" } });
    const halting = async () => {
      await busy({ truth }, "SELECT SLEEP");
      await server.halt?.();
    };
    expect.soft(await judgementOf(() => sleep(reader), halting)).toEqual(gone(known("P2010", "mysql", "45009")));
    for (const [, code, read] of READS) {
      expect.soft(await judgementOf(() => read(reader))).toEqual(gone(known(code, "mysql", "45028")));
    }
  });

  test("the database refuses", async () => {
    const { truth, database } = await outcomeWorld("mysql");
    const name = `tags_${database.url.split("_").at(-1)!}`;
    await truth.$executeRawUnsafe(`CREATE USER '${name}'@'%' IDENTIFIED BY 'x'`);
    onTestFinished(async () => void (await truth.$executeRawUnsafe(`DROP USER '${name}'@'%'`)));
    await truth.$executeRawUnsafe(
      `GRANT SELECT ON \`${new URL(database.url).pathname.slice(1)}\`.Tag TO '${name}'@'%'`,
    );
    const stranger = readerOf(database.url.replace("evercache:evercache@", `${name}:x@`));
    const reader = readerOf(database.url);
    const raw = (sql: string, client = reader) => [sql, () => client.$queryRawUnsafe(sql)] as const;
    for (const [what, read, error] of [
      ["a row", () => stranger.user.findUnique({ where: { id: 1 } }), known("P2039", "mysql", "1142")],
      [...raw("SELECT * FROM users", stranger), known("P2010", "mysql", "1142")],
      [...raw("SELECT nothing FROM users"), known("P2010", "ColumnNotFound", "1054")],
      [...raw("SELECT 1 FROM nothing"), known("P2010", "TableDoesNotExist", "1146")],
      [...raw("SELECT 1 FROM"), known("P2010", "mysql", "1064")],
      [
        ...raw("SET STATEMENT max_statement_time = 0.2 FOR SELECT SLEEP(5) FROM users"),
        known("P2010", "mysql", "1969"),
      ],
      ["no row", () => reader.user.findUniqueOrThrow({ where: { id: 99 } }), known("P2025")],
    ] as const) {
      expect.soft(await judgementOf(read as () => PromiseLike<unknown>), what).toEqual(refused(error));
    }
  });
});
