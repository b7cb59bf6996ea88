import { clearLine, cursorTo, moveCursor } from "node:readline";
import { PassThrough, type TransformCallback } from "node:stream";
import { frameEntry, pathTag, rowTag, type Entry, type Tag } from "@evercache/core";
import { createRedisStore, type RedisStore } from "@evercache/redis";
import { expect, vi } from "vitest";
import { afterwards, server as startServer } from "../../../test/setup/afterwards.js";
import type { RedisServer } from "../../../test/setup/redis.js";
import { run } from "../src/run.js";
import { runHere, type Ran } from "./kit.js";

export { afterwards } from "../../../test/setup/afterwards.js";

export const LONG = 60_000;
export const KEY = keyOf("Product", 1);
export const TAGS: readonly [Tag, Tag] = [pathTag("Product", ["id"]), rowTag("Product", ["1"])];

export function keyOf(model: string, id: number): string {
  return `0123456789:${model}:findUnique:where(id:${id})`;
}

export interface TestNamespace {
  readonly server: RedisServer;
  readonly store: RedisStore;
  /** Runs a command against it. */
  readonly run: (...argv: readonly string[]) => Promise<Ran>;
  /** The same, and reads what it prints as JSON. */
  readonly json: (...argv: readonly string[]) => Promise<unknown>;
}

/** A Redis of one's own, with nothing in the namespace "test". */
export async function testNamespace(): Promise<TestNamespace> {
  const server = await startServer();
  const store = createRedisStore({ redis: server.url, namespace: "test" });
  afterwards(() => store.close());
  await vi.waitFor(() => expect(store.status).toBe("ready"), { timeout: 20_000, interval: 5 });
  const env = { REDIS_URL: server.url, EVERCACHE_NAMESPACE: "test" };
  return {
    server,
    store,
    run: (...argv) => runHere(argv, { env }),
    async json(...argv) {
      const { code, stdout, stderr } = await runHere([...argv, "--json"], { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return JSON.parse(stdout) as unknown;
    },
  };
}

/** Stores an entry with the tokens that its tags have, or get. */
export async function fill(
  store: RedisStore,
  key: string = KEY,
  tags: readonly Tag[] = TAGS,
  more: Partial<Entry> = {},
): Promise<void> {
  const lifetimes = tags.map(() => LONG);
  const stamps = (await store.mint(tags, lifetimes)).map(String);
  const times = { storedAt: Date.now() - 2_000, freshUntil: Date.now() + LONG, loadTime: 12, sliding: null };
  const entry = { fingerprint: "0123456789", identity: null, absent: false, names: null, ...times };
  await store.fill(key, frameEntry({ ...entry, stamps, payload: Buffer.from('{"json":1}'), ...more }), 2 * LONG);
}

/** Runs a command before somebody who answers its question with these keys. */
export async function runAtTerminal(
  argv: readonly string[],
  env: Record<string, string>,
  { question, answer }: { readonly question: string; readonly answer: string },
): Promise<Ran> {
  const [stdin, stdout, stderr] = [new Terminal(), new Terminal(), new Terminal()];
  const asked = vi.waitFor(() => expect(stderr.peek()).toContain(question), { timeout: 20_000, interval: 5 });
  const running = run(argv, { stdin, stdout, stderr, env: { ...env, NO_COLOR: "1" }, cwd: "/" });
  await asked;
  stdin.write(answer);
  return { code: await running, stdout: stdout.peek(), stderr: stderr.peek() };
}

class Terminal extends PassThrough {
  readonly isTTY = true;
  readonly columns = 100;
  readonly rows = 40;
  #written = "";

  setRawMode(): this {
    return this;
  }

  cursorTo(x: number): boolean {
    return cursorTo(this, x);
  }

  clearLine(direction: -1 | 0 | 1): boolean {
    return clearLine(this, direction);
  }

  moveCursor(x: number, y: number): boolean {
    return moveCursor(this, x, y);
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, callback: TransformCallback): void {
    this.#written += String(chunk);
    super._transform(chunk, encoding, callback);
  }

  /** What was written until now. */
  peek(): string {
    return this.#written;
  }
}
