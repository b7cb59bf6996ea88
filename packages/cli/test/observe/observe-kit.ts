import { PassThrough } from "node:stream";
import { createRedisStore } from "@evercache/redis";
import { onTestFinished, vi } from "vitest";
import { makeCache } from "../../../core/test/support/make-cache.js";
import { QUERIES, readOf } from "../../../core/test/support/plans.js";
import { ToyDatabase } from "../../../core/test/support/toy-database.js";
import { startRedis, type RedisServer } from "../../../../test/setup/redis.js";
import type { CommandDefinition } from "../../src/command.js";
import { chooseSettings } from "../../src/config/settings.js";
import { createTerminal } from "../../src/terminal/terminal.js";

export const NAMESPACE = "shop";
/** So long that a busy machine is no mistake. */
export const PATIENCE = { timeout: 20_000, interval: 10 };

export async function redis(): Promise<RedisServer> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
}

/** A process of the application, which may be observed and has read a row. */
export async function application({ url, version = "1.2.3" }: { readonly url: string; readonly version?: string }) {
  const database = new ToyDatabase();
  database.bump(1);
  const openStore = () => createRedisStore({ redis: url, namespace: NAMESPACE });
  const { cache } = makeCache({ openStore, observable: { version } });
  const read = (id = 1) => cache.read(readOf(database, QUERIES.byId(id)));
  await read();
  return { cache, read };
}

/** A command with streams that the test reads, and a signal of its own in the place of Ctrl+C. */
export class Running {
  stdout = "";
  stderr = "";
  readonly ended: Promise<number>;
  readonly #interruption = new AbortController();

  constructor(
    command: CommandDefinition<never>,
    url: string,
    options: object,
    { json = false, isTTY = false, columns = 200, namespace = NAMESPACE } = {},
  ) {
    const stdout = Object.assign(new PassThrough(), { isTTY, columns, rows: 40 });
    const stderr = new PassThrough();
    stdout.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    const streams = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: "/" };
    this.ended = command.run({
      args: [],
      options: options as never,
      settings: chooseSettings({ redis: url, namespace }, {}, {}, "/"),
      terminal: createTerminal(streams, { json }),
      signal: this.#interruption.signal,
    });
    this.ended.catch(() => {});
    onTestFinished(async () => void (await this.interrupt()));
  }

  /** Resolves when what was printed so far is so. */
  until(check: (output: this) => void | Promise<void>): Promise<void> {
    return vi.waitFor(() => check(this), PATIENCE);
  }

  async interrupt(): Promise<number> {
    this.#interruption.abort();
    return this.ended;
  }
}
