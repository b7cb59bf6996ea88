import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import { adminOf, cacheBefore, ownRedis, PATIENCE, proxyTo, urlOf } from "./support/world.js";

const MOST_MS = 1_000;
/** So long that what a test sees within its patience came by a message, or by the loss of the connection. */
const BY_MESSAGES_ONLY = { maxStaleness: "5m" } as const;

type Reader = ReturnType<typeof cacheBefore>;

/** Two processes with results in memory; the way of the reader can be broken. */
async function twoProcesses(l1: true | typeof BY_MESSAGES_ONLY) {
  const redis = await ownRedis();
  onTestFinished(() => redis.resume());
  const proxy = await proxyTo(redis.port);
  const { plain, database } = await hookedDatabase();
  const options = { defaults: { l1 } } as const;
  const writer = cacheBefore(plain, redis.url, options);
  const reader = cacheBefore(plain, urlOf(proxy), options);
  await writer.rename(1, "old");
  await untilInMemory(reader, "old");
  return { admin: adminOf(redis), redis, proxy, writer, reader, plain, database };
}

/** Until the reader is told of what others write, and answers from its memory. */
async function untilInMemory({ user, cached, seen }: Reader, name: string): Promise<void> {
  await expect
    .poll(async () => {
      const before = cached.$cache.stats().reads.l1Hit;
      // Of three in a row that were in memory, the first may still have asked for the tokens.
      for (let i = 0; i < 3; i++) if ((await user(1)).data?.name !== name) return false;
      return seen("channel").at(-1)?.status === "following" && cached.$cache.stats().reads.l1Hit === before + 3;
    }, PATIENCE)
    .toBe(true);
  await user(1);
}

/** Reads until the time is over in which `old` may be seen. How many reads saw it, and those that should not have. */
async function readOn({ nameOf }: Reader, acknowledged: number, old: string) {
  const found = { old: 0, late: [] as number[], inTime: 0 };
  for (let began = acknowledged; began < acknowledged + 1.3 * MOST_MS;) {
    began = performance.now();
    const isOld = (await nameOf(1)) === old;
    if (began < acknowledged + MOST_MS) found.old += isOld ? 1 : 0;
    else if (isOld) found.late.push(began - acknowledged);
    else found.inTime++;
    await new Promise(setImmediate);
  }
  return found;
}

describe("what another process writes is seen in memory", () => {
  test("when its message has come", async () => {
    const { writer, reader } = await twoProcesses(BY_MESSAGES_ONLY);
    for (const name of ["1", "2", "3", "4", "5"]) {
      await writer.rename(1, name);
      // Its own process sees it at once.
      expect(await writer.nameOf(1)).toBe(name);
      await expect.poll(() => reader.nameOf(1), PATIENCE).toBe(name);
      await untilInMemory(reader, name);
    }
    expect(reader.seen("channel").filter(({ status }) => status === "lost")).toEqual([]);
  });

  test("not before, where the way is slow, but at the latest after `maxStaleness`", async () => {
    const { proxy, writer, reader } = await twoProcesses(true);
    proxy.freeze();
    await writer.rename(1, "new");
    const found = await readOn(reader, performance.now(), "old");
    // Nothing is asked of a Redis that does not answer: these came from memory.
    expect(found.old).toBeGreaterThan(0);
    expect(found.late).toEqual([]);
    expect(found.inTime).toBeGreaterThan(0);
    proxy.thaw();
    await untilInMemory(reader, "new");
  });

  test("by a message that comes late, however long nobody asked", async () => {
    const { proxy, writer, reader } = await twoProcesses(BY_MESSAGES_ONLY);
    proxy.freeze();
    await writer.rename(1, "new");
    expect((await reader.user(1)).info.tier).toBe("l1");
    expect(await reader.nameOf(1)).toBe("old");
    proxy.thaw();
    await expect.poll(() => reader.nameOf(1), PATIENCE).toBe("new");
    await untilInMemory(reader, "new");
  });
});

describe("nothing in memory outlives the connection that tells of it:", () => {
  test("it is reset, and none comes in its place", async () => {
    const { proxy, writer, reader } = await twoProcesses(BY_MESSAGES_ONLY);
    await proxy.refuse();
    await expect.poll(() => reader.seen("channel").at(-1)?.status, PATIENCE).toBe("lost");
    await writer.rename(1, "new");
    expect(await reader.nameOf(1)).toBe("new");
    await proxy.accept();
    await untilInMemory(reader, "new");
  });

  test("the server ends it, again and again, while others write", async () => {
    const { admin, writer, reader } = await twoProcesses(BY_MESSAGES_ONLY);
    const count = 20;
    for (let i = 0; i < count; i++) {
      const losses = reader.seen("channel").filter(({ status }) => status === "lost").length;
      // At the same time: the message may be the last that comes, or the first that does not.
      await Promise.all([admin.call("CLIENT", "KILL", "TYPE", "pubsub"), writer.rename(1, String(i))]);
      await expect.poll(() => reader.nameOf(1), PATIENCE).toBe(String(i));
      const lost = () => reader.seen("channel").filter(({ status }) => status === "lost").length;
      await expect.poll(lost, PATIENCE).toBeGreaterThan(losses);
      await untilInMemory(reader, String(i));
    }
  });

  test("Redis is killed, and starts again empty", async () => {
    const { redis, writer, reader } = await twoProcesses(BY_MESSAGES_ONLY);
    await redis.kill();
    await expect.poll(() => reader.seen("channel").at(-1)?.status, PATIENCE).toBe("lost");
    await writer.rename(1, "new");
    expect(await reader.nameOf(1)).toBe("new");
    await redis.restart();
    for (const each of [writer, reader]) await untilInMemory(each, "new");
    await writer.rename(1, "newer");
    await expect.poll(() => reader.nameOf(1), PATIENCE).toBe("newer");
  });
});

test("a Redis that stands still holds back messages for `maxStaleness` and no longer", async () => {
  const { redis, plain, writer, reader } = await twoProcesses(true);
  await redis.pause();
  // As the writer cannot tell, its own process goes past the cache.
  await writer.rename(1, "new");
  const acknowledged = performance.now();
  expect(await writer.nameOf(1)).toBe("new");
  const { late, inTime } = await readOn(reader, acknowledged, "old");
  expect(late).toEqual([]);
  expect(inTime).toBeGreaterThan(0);
  await redis.resume();
  for (const each of [writer, reader]) await untilInMemory(each, "new");
  expect((await plain.user.findUniqueOrThrow({ where: { id: 1 } })).name).toBe("new");
});

describe("a process that stood still", { timeout: 60_000 }, () => {
  const PROGRAM = fileURLToPath(new URL("./support/reader.ts", import.meta.url));
  const TSCONFIG = fileURLToPath(new URL("./support/tsconfig.json", import.meta.url));
  const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const clock = () => Number(process.hrtime.bigint()) / 1e6;

  interface Line {
    readonly type: "saw" | "sees";
    readonly name: string;
    readonly tier: string;
    readonly last: number;
  }

  test("serves nothing from memory until it has heard again", async () => {
    const { redis, writer, database } = await twoProcesses(true);
    const child = spawn(process.execPath, ["--import", TSX, PROGRAM, database.url, redis.url], {
      env: { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines: Line[] = [];
    createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as Line));
    let name = "old";
    for (let i = 0; i < 3; i++) {
      const sees = () => lines.findLast(({ type }) => type === "sees");
      await expect.poll(sees, PATIENCE).toMatchObject({ name, tier: "l1" });
      child.kill("SIGSTOP");
      await writer.rename(1, `new ${i}`);
      const acknowledged = clock();
      // What it heard before is too old by then; what came meanwhile waits in its sockets.
      await delay(MOST_MS);
      child.kill("SIGCONT");
      const saw = () => lines.find((line) => line.type === "saw" && line.name === name);
      await expect.poll(saw, PATIENCE).toBeDefined();
      expect(saw()!.last - acknowledged).toBeLessThan(MOST_MS);
      name = `new ${i}`;
    }
  });
});
