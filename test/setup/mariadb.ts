import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findProgram, freePort, run, temporaryFolder } from "./child-server.js";
import { type DatabaseServer, launchDatabase } from "./database-server.js";

const USER = "evercache";
const GRANT = `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${USER}';\nGRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION;\n`;

/** Thrown by `startMariadb()` where neither a server nor Docker is at hand. */
export class NoMariadbError extends Error {}

/**
 * Starts a MariaDB or MySQL server on a free port of 127.0.0.1. Looked up in this order: `mariadbd` or `mysqld` on
 * PATH or in /usr/sbin, then Docker.
 */
export async function startMariadb(): Promise<DatabaseServer> {
  const program = findProgram(["mariadbd", "mysqld"], ["/usr/sbin", "/usr/local/sbin"]);
  return program === null ? startContainer() : startProgram(program);
}

async function startProgram(program: string): Promise<DatabaseServer> {
  const folder = temporaryFolder("mariadb");
  const data = path.join(folder, "data");
  const grant = path.join(folder, "grant.sql");
  mkdirSync(path.join(folder, "tmp"));
  writeFileSync(grant, GRANT);
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];

  const version = await run(program, ["--no-defaults", "--version"]);
  const isMariadb = /mariadb/i.test(version);
  if (isMariadb) {
    const install = findProgram(["mariadb-install-db", "mysql_install_db"]);
    if (install === null) throw new Error(`${program} is there, but mariadb-install-db is not on PATH.`);
    const quick = ["--auth-root-authentication-method=normal", "--skip-test-db"];
    await run(install, ["--no-defaults", `--datadir=${data}`, ...quick, ...user]);
  } else {
    await run(program, ["--no-defaults", "--initialize-insecure", `--datadir=${data}`, ...user]);
  }

  const { port, ...server } = await launchDatabase((free) => ({
    program,
    args: [
      "--no-defaults",
      ...user,
      `--datadir=${data}`,
      `--tmpdir=${path.join(folder, "tmp")}`,
      `--socket=${path.join(folder, "server.sock")}`,
      `--pid-file=${path.join(folder, "server.pid")}`,
      `--init-file=${grant}`,
      `--port=${free}`,
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      "--skip-log-bin",
      "--max-connections=300",
      // Nothing is to survive a crash of the machine, and each test creates tables.
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-flush-method=nosync",
      "--innodb-doublewrite=0",
      "--innodb-file-per-table=0",
      "--innodb-use-native-aio=0",
      "--character-set-server=utf8mb4",
      // What Prisma's migrations give a table, and what makes `A` equal to `a`.
      "--collation-server=utf8mb4_unicode_ci",
      ...(isMariadb ? [] : ["--mysqlx=OFF"]),
    ],
    folder,
    haltSignal: "SIGTERM",
    ready: /ready for connections[\s\S]*port: [1-9]/,
    portTaken: /Address already in use|Do you already have another/,
  }));
  return { name: version.trim(), url: urlOf(port), ...server };
}

async function startContainer(): Promise<DatabaseServer> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import("testcontainers");
  await getContainerRuntimeClient().catch((cause: unknown) => {
    throw new NoMariadbError("Install MariaDB or MySQL (mariadbd or mysqld on PATH), or start Docker.", { cause });
  });
  const port = await freePort();
  const container = await new GenericContainer("mariadb:11")
    .withExposedPorts({ container: 3306, host: port })
    .withEnvironment({ MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "1" })
    .withCopyContentToContainer([{ content: GRANT, target: "/docker-entrypoint-initdb.d/grant.sql" }])
    .withCommand([
      "--character-set-server=utf8mb4",
      "--collation-server=utf8mb4_unicode_ci",
      "--max-connections=300",
      "--skip-log-bin",
    ])
    // The first time is the server that runs the set-up scripts.
    .withWaitStrategy(Wait.forLogMessage(/ready for connections/, 2))
    .start();
  return {
    name: "mariadb in a container",
    url: urlOf(port),
    async stop() {
      await container.stop();
    },
  };
}

const urlOf = (port: number) => (name: string) => `mysql://${USER}:${USER}@127.0.0.1:${port}/${name}`;
