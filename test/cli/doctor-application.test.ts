import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createDatabase, providers } from "../setup/client.js";
import { scratchFolder } from "../setup/child-server.js";
import type { Provider } from "../setup/schema/variants.js";
import { afterwards, doctor, doctorOf, evercache, server } from "./kit.js";

const CLIENT = fileURLToPath(new URL("support/client.ts", import.meta.url));
const SCHEMA = fileURLToPath(new URL("../consistency/schema.prisma", import.meta.url));

const error = (found: RegExp) => expect.objectContaining({ severity: "error", found: expect.stringMatching(found) });

async function database(provider: Provider) {
  const created = await createDatabase(provider);
  afterwards(() => created.drop());
  return created;
}

it("runs a query by the client, and tells a database whose namespace is taken", { timeout: 60_000 }, async () => {
  const redis = await server();
  const [mine, other] = [await database("sqlite"), await database("sqlite")];
  const examine = async (url: string, argv: readonly string[] = [], more: Record<string, string> = {}) => {
    const env = { REDIS_URL: redis.url, DATABASE_URL: url, ...more };
    const ran = await evercache(["doctor", "--json", "--namespace", "shop", "--client", CLIENT, ...argv], { env });
    return { ...doctorOf(ran), stderr: ran.stderr };
  };

  const first = await examine(mine.url);
  expect(first.find("client")).toMatchObject({ severity: "ok", found: expect.stringMatching(/served from the cache/) });
  expect(first.code).toBe(0);
  // What the application prints is not mixed with the JSON.
  expect(first.stderr).toBe("the client is loaded\n");

  const second = await examine(mine.url, ["--database-url", mine.url]);
  expect(second.find("namespace")).toMatchObject({ severity: "ok", found: expect.stringMatching(/sqlite database/) });

  const foreign = await examine(other.url, ["--database-url", other.url]);
  expect(foreign.findings.filter(({ id }) => id === "namespace")).toEqual([
    error(/this application has another database/),
    error(/is used on this Redis for another database/),
  ]);
  expect(foreign.find("client")).toEqual(error(/is a bypass \(namespace-taken\)/));
  expect(foreign.code).toBe(1);

  const short = await examine(mine.url, [], { LEASE: "short" });
  expect(short.find("client-warning")).toMatchObject({
    severity: "warning",
    why: expect.stringMatching(/LEASE_TOO_SHORT/),
  });
});

it("tells a namespace of another kind of database by the schema alone", async () => {
  const redis = await server();
  const { url } = await database("sqlite");
  const env = { REDIS_URL: redis.url, DATABASE_URL: url };
  expect((await evercache(["doctor", "--json", "--client", CLIENT], { env })).code).toBe(0);
  const { find, code } = await doctor(["--redis", redis.url, "--namespace", "shop", "--schema", SCHEMA]);
  expect(find("schema")).toMatchObject({ severity: "ok", found: expect.stringMatching(/on postgresql/) });
  expect(find("namespace")).toEqual(error(/another provider: postgresql/));
  expect(code).toBe(1);
});

it.each(providers().filter((provider) => provider !== "sqlite"))(
  "compares the time-outs of %s with the lease",
  async (provider) => {
    const redis = await server();
    const { url } = await database(provider);
    const examine = (databaseUrl: string, ...argv: string[]) =>
      doctor(["--redis", redis.url, "--database-url", databaseUrl, ...argv]);

    const { find } = await examine(url, "--lease", "10s");
    expect(find("database")).toBeUndefined();
    expect(find("lease-database")).toMatchObject({
      severity: "warning",
      found: expect.stringMatching(/lease is 10 s/),
    });
    expect(find("ambiguous-lease")).toMatchObject({ severity: "note" });

    // Set as the advice says, or the lease made longer than the default.
    const set = new URL(url);
    set.searchParams.set("options", "-c lock_timeout=5s -c idle_in_transaction_session_timeout=30s");
    const better = provider === "postgresql" ? await examine(set.href) : await examine(url, "--lease", "120s");
    expect(better.find("lease-database")).toMatchObject({ severity: "ok" });
    if (provider === "postgresql") expect(better.find("ambiguous-lease")).toMatchObject({ severity: "ok" });
  },
);

it("tells clients of several schemas by the results that they have stored", { timeout: 60_000 }, async () => {
  const redis = await server();
  const { url } = await database("sqlite");
  const examine = async (more: Record<string, string> = {}) => {
    const env = { REDIS_URL: redis.url, DATABASE_URL: url, ...more };
    return doctorOf(await evercache(["doctor", "--json", "--namespace", "shop", "--client", CLIENT], { env }));
  };
  expect((await examine()).find("fingerprints")).toBeUndefined();
  expect((await examine()).find("fingerprints")).toMatchObject({
    severity: "ok",
    found: expect.stringMatching(/one schema: [\w-]{10} \(1 result\)/),
  });
  await examine({ OMIT: "price" });
  const { find, code } = await examine();
  expect(find("fingerprints")).toMatchObject({
    severity: "note",
    found: expect.stringMatching(/2 schemas.*: [\w-]{10} \(1 result\), [\w-]{10} \(1 result\)/),
  });
  expect(code).toBe(0);
});

it("goes on where the database does not answer", async () => {
  const redis = await server();
  const { find, code } = await doctor(["--redis", redis.url, "--database-url", "postgresql://127.0.0.1:1/shop"]);
  expect(find("database")).toMatchObject({ severity: "note", found: expect.stringMatching(/ECONNREFUSED/) });
  expect(code).toBe(0);
});

it("says in one line what is wrong with a client", async () => {
  const redis = await server();
  const { folder, remove } = scratchFolder("clients");
  afterwards(remove);
  const run = (text: string, ...argv: string[]) => {
    const file = path.join(folder, `client-${Math.random()}.mjs`);
    writeFileSync(file, text);
    return evercache(["doctor", "--redis", redis.url, "--client", file, ...argv]);
  };
  const examine = async (text: string) => {
    const { code, stdout, stderr } = await run(text);
    expect(stdout).toBe("");
    return { code, stderr };
  };
  // What was found of Redis is told all the same.
  const { find, code } = doctorOf(await run("throw new Error('no\\n  DATABASE_URL')", "--json"));
  expect(find("client")).toEqual(error(/^--client: .* cannot be loaded: no DATABASE_URL$/));
  expect(find("server")).toMatchObject({ severity: "ok" });
  expect(code).toBe(1);
  expect(await examine("export default {}")).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^evercache: --client: .* exports a client without the cache\..*\n$/),
  });
  expect(await examine("export const other = 1")).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^evercache: --client: .* exports no client\..*\n$/),
  });
});
