import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { chooseStore } from "../../express-api/src/demo/redis.js";
import { type ApiProcess, startApi } from "./api-process.js";
import { Browser } from "./browser.js";
import { createDatabase } from "./database.js";
import { createPrisma, withCache } from "./prisma.js";
import { PrismaStore, rowId } from "./prisma-store.js";

/** Two processes of the API on one database: what one of them changes counts at the other in the very next request. */
const REQUESTS = 200;

const folder = await mkdtemp(path.join(tmpdir(), "evercache-sessions-"));
const databaseUrl = `file:${path.join(folder, "sessions.db")}`;
const namespace = path.basename(folder);
const cacheKey = randomBytes(32).toString("base64");
await createDatabase(databaseUrl);
const store = await chooseStore();
const ownRedis = store.redisUrl !== null && store.redisUrl !== process.env["REDIS_URL"];
const running: ApiProcess[] = [];

async function start(): Promise<ApiProcess> {
  const api = await startApi({
    DATABASE_URL: databaseUrl,
    CACHE_NAMESPACE: namespace,
    CACHE_KEY: cacheKey,
    SESSION_SECRET: "only for this test",
    REDIS_URL: store.redisUrl ?? "",
  });
  running.push(api);
  return api;
}

/** Statements that the database gets from this process meanwhile. */
async function queriesOf(api: ApiProcess, act: () => Promise<unknown>): Promise<number> {
  const before = await api.report();
  await act();
  return (await api.report()).queries - before.queries;
}

try {
  const one = await start();
  // Process memory is for one process only.
  const other = store.redisUrl ? await start() : one;
  console.log(`${store.redisUrl ? "Two processes" : "One process"}. ${store.reason}.`);
  await known(one, other);
  await loggedOut(one, other);
  await loggedOutEverywhere(one, other);
  await notBroughtBack(one, other);
  await guessed(one);
  if (store.redisUrl) await expired(store.redisUrl, one);
  if (store.redisUrl) await concealed(store.redisUrl, one);
  if (ownRedis) await withoutRedis(one, other);
  console.log("All as it should be.");
} finally {
  await Promise.all(running.map((api) => api.stop()));
  await store.stop();
  await rm(folder, { recursive: true, force: true });
}

async function known(one: ApiProcess, other: ApiProcess): Promise<void> {
  const ada = new Browser();
  await ada.call(one, "GET", "/whoami", 401);
  assert.equal(ada.cookie, "", "somebody who has not logged in has no session");
  const login = await queriesOf(one, () => ada.login(one));
  await settled(ada, one, other);
  for (const [name, api] of Object.entries(one === other ? { one } : { one, "the other": other })) {
    const begun = performance.now();
    const queries = await queriesOf(api, async () => {
      for (let i = 0; i < REQUESTS; i++) await ada.call(api, "GET", "/whoami", 200);
    });
    const each = ((performance.now() - begun) / REQUESTS).toFixed(2);
    console.log(`Known at ${name}: ${REQUESTS} requests, ${queries} statements, ${each} ms each.`);
    assert.equal(queries, 0, "sessions that are cached ask nothing of the database");
  }
  await ada.call(one, "PUT", "/theme", 204, { theme: "dark" });
  assert.match(await ada.call(other, "GET", "/whoami", 200), /"theme":"dark"/);
  const logout = await queriesOf(one, () => ada.call(one, "POST", "/logout", 204));
  console.log(`A login: ${login} statements; a logout: ${logout}. A change at one is seen at the other.`);
}

/** Asks until the answer comes from the cache: what is loaded is stored after it was given. */
async function cached(api: ApiProcess, ask: () => Promise<unknown>): Promise<void> {
  let left = 100;
  while ((await queriesOf(api, ask)) > 0) assert.ok((left -= 1) > 0, "it never came from the cache");
}

async function settled(browser: Browser, ...apis: readonly ApiProcess[]): Promise<void> {
  for (const api of apis) await cached(api, () => browser.call(api, "GET", "/whoami", 200));
}

async function loggedOut(one: ApiProcess, other: ApiProcess): Promise<void> {
  const ROUNDS = 10;
  for (let round = 0; round < ROUNDS; round++) {
    const ada = new Browser();
    await ada.login(one);
    await ada.call(other, "GET", "/whoami", 200);
    await ada.call(other, "GET", "/whoami", 200);
    const { cookie } = ada;
    await ada.call(one, "POST", "/logout", 204);
    ada.cookie = cookie;
    await ada.call(other, "GET", "/whoami", 401);
    await ada.call(one, "GET", "/whoami", 401);
  }
  console.log(`Logged out at one, unknown at the other in the next request: ${ROUNDS} times of ${ROUNDS}.`);
}

async function loggedOutEverywhere(one: ApiProcess, other: ApiProcess): Promise<void> {
  const browsers = [new Browser(), new Browser(), new Browser()];
  for (const browser of browsers) await browser.login(one);
  for (const browser of browsers) await browser.call(other, "GET", "/whoami", 200);
  const cookies = browsers.map(({ cookie }) => cookie);
  await browsers[0]!.call(one, "POST", "/logout-everywhere", 204);
  for (const [i, browser] of browsers.entries()) {
    browser.cookie = cookies[i]!;
    await browser.call(other, "GET", "/whoami", 401);
  }
  console.log(`Logged out everywhere: ${browsers.length} sessions of ${browsers.length} are over.`);
}

/** A request that began before a logout and changes the session after it. */
async function notBroughtBack(one: ApiProcess, other: ApiProcess): Promise<void> {
  const ada = new Browser();
  await ada.login(one);
  const { cookie } = ada;
  let body!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) });
  const { reads } = await one.report();
  const slow = new Browser();
  slow.cookie = cookie;
  const change = slow.call(one, "PUT", "/theme", 204, stream);
  body.enqueue(Buffer.from('{"theme":'));
  while ((await one.report()).reads === reads);
  await ada.call(other, "POST", "/logout", 204);
  body.enqueue(Buffer.from('"dark"}'));
  body.close();
  await change;
  slow.cookie = cookie;
  await slow.call(one, "GET", "/whoami", 401);
  await slow.call(other, "GET", "/whoami", 401);
  console.log("A request that was under way does not bring a session back that was logged out meanwhile.");
}

async function guessed(one: ApiProcess): Promise<void> {
  const stranger = new Browser();
  const queries = await queriesOf(one, async () => {
    for (let i = 0; i < REQUESTS; i++) {
      stranger.cookie = `sid=${encodeURIComponent(`s:${randomBytes(24).toString("base64url")}.${"A".repeat(43)}`)}`;
      await stranger.call(one, "GET", "/whoami", 401);
    }
  });
  console.log(`${REQUESTS} made up cookies: ${queries} statements.`);
  assert.equal(queries, 0, "what was not signed here is not looked for");
}

/** The entry of an expired row is as good as ever, and the session is over all the same. */
async function expired(redisUrl: string, one: ApiProcess): Promise<void> {
  const [ada, grace] = [new Browser(), new Browser()];
  for (const browser of [ada, grace]) await browser.login(one);
  const { cookie } = ada;
  const refused = async () => {
    ada.cookie = cookie;
    await ada.call(one, "GET", "/whoami", 401);
  };
  const prisma = withCache(createPrisma(databaseUrl), { redisUrl, namespace, cacheKey });
  try {
    await prisma.session.updateMany({ where: { id: rowId(ada.sid) }, data: { expiresAt: new Date() } });
    await cached(one, refused);
    await cached(one, () => grace.call(one, "GET", "/whoami", 200));
    assert.equal(await new PrismaStore(prisma, { lifetime: 1 }).deleteExpired(), 1);
    await refused();
    assert.equal(await queriesOf(one, () => grace.call(one, "GET", "/whoami", 200)), 0, "others are not touched");
  } finally {
    await prisma.$disconnect();
  }
  console.log("A session whose row has expired is over, also while its entry lives: 401 with 0 statements.");
}

async function concealed(redisUrl: string, one: ApiProcess): Promise<void> {
  const ada = new Browser();
  await ada.login(one);
  await ada.call(one, "PUT", "/theme", 204, { theme: "turquoise" });
  await settled(ada, one);
  const redis = new Redis(redisUrl);
  const texts: string[] = [];
  try {
    for await (const keys of redis.scanStream({ match: `*${namespace}*` }) as AsyncIterable<string[]>) {
      for (const key of keys) texts.push(key, (await redis.dumpBuffer(key)).toString("latin1"));
    }
  } finally {
    redis.disconnect();
  }
  assert.ok(
    texts.some((text) => text.includes(rowId(ada.sid))),
    "tags name the row",
  );
  for (const secret of [ada.sid, "turquoise"]) assert.ok(!texts.some((text) => text.includes(secret)));
  console.log(`In Redis: ${texts.length / 2} keys; no session's id, and nothing that a session holds.`);
}

async function withoutRedis(one: ApiProcess, other: ApiProcess): Promise<void> {
  const ada = new Browser();
  await ada.login(one);
  await settled(ada, one, other);
  await store.stop();
  const { cookie } = ada;
  const queries = await queriesOf(other, () => ada.call(other, "GET", "/whoami", 200));
  await ada.call(one, "POST", "/logout", 204);
  ada.cookie = cookie;
  await ada.call(other, "GET", "/whoami", 401);
  const grace = new Browser();
  await grace.login(other);
  await grace.call(one, "GET", "/whoami", 200);
  console.log(`Redis is gone: still known, by ${queries} statements; logout and login as before.`);
}
