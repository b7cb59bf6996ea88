import { setTimeout as delay } from "node:timers/promises";
import { Observer } from "@evercache/core";
import { createRedisStore } from "@evercache/redis";
import { CliError, messageOf } from "../cli-error.js";
import type { Settings } from "../config/settings.js";
import { connect, type RedisConnection } from "../connection/connection.js";
import { ExitCode } from "../exit-codes.js";

export interface Observing {
  readonly connection: RedisConnection;
  readonly observer: Observer;
}

/** Milliseconds that Redis may take to let answers be heard, and to be told of the end. */
const PATIENCE = 5_000;
const GOODBYE = 500;

/**
 * Connects, hands over, and closes when `use` is done.
 * @throws CliError with the exit code of an unreachable Redis
 */
export async function withObserver<T>(settings: Settings, use: (observing: Observing) => Promise<T>): Promise<T> {
  const connection = await connect(settings.address);
  const store = createRedisStore({ redis: connection.redis, namespace: settings.namespace });
  const observer = new Observer(store);
  let reason: unknown;
  store.onStatus((_, error) => (reason = error ?? reason));
  try {
    await listening(observer, connection.name, () => reason);
    return await use({ connection, observer });
  } finally {
    // A server that hangs must not keep the command from ending.
    await Promise.race([observer.close().catch(() => {}), delay(GOODBYE)]);
    await store.close();
    connection.close();
  }
}

async function listening(observer: Observer, name: string, reason: () => unknown): Promise<void> {
  const patience = new AbortController();
  const over = delay(PATIENCE, undefined, { signal: patience.signal }).then(() => {
    const why = reason();
    throw new Error(`it did not answer within ${PATIENCE} ms${why === undefined ? "" : `: ${messageOf(why)}`}`);
  });
  try {
    await Promise.race([observer.ready(), over]);
  } catch (error) {
    const message = `Redis at ${name} does not let answers of processes be heard: ${messageOf(error)}`;
    throw new CliError(message, ExitCode.unreachable, { cause: error });
  } finally {
    patience.abort();
    over.catch(() => {});
  }
}
