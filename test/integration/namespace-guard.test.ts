import { randomBytes } from "node:crypto";
import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDatabase, providers, redisUrl, testClient, type Provider, type TestClient } from "../setup/client.js";

let namespaces = 0;
const newNamespace = () => `guard-${process.pid}-${namespaces++}`;
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;
const READ = { where: { id: 1 } } as const;

async function userNamed(client: TestClient, name: string): Promise<void> {
  await client.prisma.user.create({ data: { id: 1, email: "a@example.org", name } });
}

function cache(client: TestClient, namespace: string, options: { databaseId?: string } = {}) {
  const cached = client.prisma.$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT, ...options }));
  const warnings: Extract<CacheEvent, { type: "warning" }>[] = [];
  cached.$cache.on("event", (event) => void (event.type === "warning" && warnings.push(event)));
  onTestFinished(() => cached.$cache.disconnect());
  return { cached, warnings, read: () => cached.user.findUnique(READ).withCacheInfo() };
}

/** Two databases, each with a user 1 of another name, and one client of each in one namespace. */
async function twoDatabases(provider: Provider, options: { databaseId?: string } = {}) {
  const [one, other] = [await testClient(provider), await testClient(provider)];
  await userNamed(one, "one");
  await userNamed(other, "other");
  const namespace = newNamespace();
  return { namespace, one, other, first: cache(one, namespace), second: cache(other, namespace, options) };
}

async function redis(): Promise<Redis> {
  const connection = new Redis(redisUrl());
  onTestFinished(() => connection.disconnect());
  return connection;
}

describe.each(providers())("on %s", (provider) => {
  test("a client of another database caches nothing, and is told once what to do", async () => {
    const { first, second, namespace } = await twoDatabases(provider);
    expect((await first.read()).info).toMatchObject({ status: "miss" });
    for (let round = 0; round < 3; round++) {
      const { data, info } = await second.read();
      expect([data?.name, info.status, info.reason]).toEqual(["other", "bypass", "namespace-taken"]);
    }
    expect((await first.read()).data?.name).toBe("one");
    expect(second.warnings).toEqual([expect.objectContaining({ code: "NAMESPACE_TAKEN" })]);
    expect(second.warnings[0]!.message).toMatch(new RegExp(`"${namespace}".*namespace of its own.*databaseId`, "s"));
    expect(second.cached.$cache.stats().reads.bypassReasons).toEqual({ "namespace-taken": 3 });
    const explanation = await second.cached.$cache.explain(second.cached.user.findUnique(READ));
    expect([explanation.verdict, explanation.reason]).toEqual(["bypass", "namespace-taken"]);
    expect(first.warnings).toEqual([]);
  });

  test("the writes of such a client go through the fence all the same", async () => {
    const { first, second } = await twoDatabases(provider);
    await first.read();
    await second.read();
    await second.cached.user.update({ ...READ, data: { name: "changed" } });
    await expect.poll(() => second.cached.$cache.stats().writes.released).toBeGreaterThan(0);
    expect((await second.read()).data?.name).toBe("changed");
    expect((await first.read()).info).toMatchObject({ status: "miss", reason: "invalidated" });
  });

  test("clients of one database share its namespace", async () => {
    const database = await createDatabase(provider);
    onTestFinished(() => database.drop());
    const [one, other] = [await testClient(provider, { database }), await testClient(provider, { database })];
    await userNamed(one, "one");
    const namespace = newNamespace();
    const [first, second] = [cache(one, namespace), cache(other, namespace)];
    await first.read();
    await first.cached.$cache.invalidate({ tags: ["settled"] });
    expect((await second.read()).info.status).toBe("hit");
    expect([...first.warnings, ...second.warnings]).toEqual([]);
  });
});

test("readers that come at once ask the database once who it is", async () => {
  const client = await testClient("postgresql");
  await userNamed(client, "one");
  const asked: string[] = [];
  const logging = client.prisma as unknown as { $on(event: "query", listen: (e: { query: string }) => void): void };
  logging.$on("query", ({ query }) => void (query.includes("evercache:") && asked.push(query)));
  const { read } = cache(client, newNamespace());
  await Promise.all(Array.from({ length: 20 }, read));
  await read();
  expect(asked.filter((sql) => sql.includes("current_database"))).toHaveLength(1);
  expect(asked.filter((sql) => sql.includes("FROM pg_control_system()"))).toHaveLength(1);
});

test("databaseId tells apart what looks alike, and makes one of what does not", async () => {
  const namespace = newNamespace();
  const database = await createDatabase("postgresql");
  onTestFinished(() => database.drop());
  const [one, two] = [await testClient("postgresql", { database }), await testClient("postgresql", { database })];
  await userNamed(one, "one");
  await cache(one, namespace, { databaseId: "eu" }).read();
  expect((await cache(two, namespace, { databaseId: "us" }).read()).info.reason).toBe("namespace-taken");
  // During a deployment that adds the option, clients that do not have it yet go on.
  expect((await cache(two, namespace).read()).info.status).toBe("hit");

  const third = await testClient("postgresql");
  await userNamed(third, "third");
  expect((await cache(third, namespace, { databaseId: "eu" }).read()).info.status).toBe("hit");
});

test("a database that has been silent for minutes gives way, with all its entries", async () => {
  const { first, second, namespace } = await twoDatabases("postgresql");
  await first.read();
  await first.cached.$cache.invalidate({ tags: ["settled"] });
  const admin = await redis();
  const key = `${namespace}:{database}`;
  const ttl = await admin.pttl(key);
  expect(ttl).toBeGreaterThan(86_400_000);
  await admin.pexpire(key, ttl - 6 * 60_000);
  const { data, info } = await second.read();
  expect([data?.name, info.status, info.reason]).toEqual(["other", "miss", "invalidated"]);
  expect(second.warnings).toEqual([]);
});

test("a claim that was lost is written again", async () => {
  const client = await testClient("postgresql");
  await userNamed(client, "one");
  const namespace = newNamespace();
  const admin = await redis();
  await cache(client, namespace).read();
  await admin.del(`${namespace}:{database}`);
  await cache(client, namespace).read();
  expect(await admin.get(`${namespace}:{database}`)).toMatch(/"database":"shop_/);
});

test("a role that may not ask for the server's identity is told apart by the database's name", async () => {
  const namespace = newNamespace();
  const [one, other] = [await modest("one"), await modest("other")];
  const [first, second] = [cache(one, namespace), cache(other, namespace)];
  expect((await first.read()).info.status).toBe("miss");
  expect((await second.read()).info.reason).toBe("namespace-taken");
  expect(JSON.parse((await (await redis()).get(`${namespace}:{database}`))!)).toMatchObject({ server: null });
});

/** A client whose role may read the users, and not ask for the server's identity. */
async function modest(name: string): Promise<TestClient> {
  const owner = await testClient("postgresql");
  await userNamed(owner, name);
  const role = `modest_${randomBytes(6).toString("hex")}`;
  await owner.prisma.$executeRaw`REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC`;
  await owner.prisma.$executeRawUnsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  await owner.prisma.$executeRawUnsafe(`GRANT SELECT ON users TO ${role}`);
  onTestFinished(async () => {
    await owner.prisma.$executeRawUnsafe(`DROP OWNED BY ${role}`);
    await owner.prisma.$executeRawUnsafe(`DROP ROLE ${role}`);
  });
  const url = Object.assign(new URL(owner.database.url), { username: role, password: "secret" });
  return testClient("postgresql", { database: { ...owner.database, url: url.href } });
}
