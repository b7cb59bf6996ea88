import { setTimeout as delay } from "node:timers/promises";
import type { CacheEvent } from "@evercache/core";
import { messageOf } from "../../cli-error.js";
import type { ApplicationClient } from "../../client-module.js";
import type { ClientFacts } from "../judge/client.js";

interface ReadInfo {
  readonly status: string;
  readonly reason?: string;
}

interface Query {
  withCacheInfo(): Promise<{ readonly info: ReadInfo }>;
}

interface Delegate {
  findFirst(): Query;
}

/** Reasons for which asking again changes nothing. */
const HOPELESS = new Set(["policy", "uncacheable", "paused", "inner-extension", "namespace-taken"]);
/** Milliseconds that the client's cache may take to connect, and to store a result. */
const PATIENCE = 3_000;
const PAUSE = 100;

/** Reads the first row of a model that is cached, until that comes from the cache, and hears what the cache says. */
export async function tryClient(client: ApplicationClient): Promise<ClientFacts> {
  const events: CacheEvent[] = [];
  const cache = client.$cache as { on(event: "event", listener: (event: CacheEvent) => void): () => void };
  const stop = cache.on("event", (event) => events.push(event));
  try {
    for (const model of modelsOf(client)) {
      const { status, reason } = await readUntilHit(client[model] as Delegate);
      // By its policy it is not cached.
      if (status === "bypass" && (reason === "policy" || reason === "uncacheable")) continue;
      return { model, status, reason, events, failure: undefined };
    }
    return { model: undefined, status: undefined, reason: undefined, events, failure: undefined };
  } catch (error) {
    return { model: undefined, status: undefined, reason: undefined, events, failure: messageOf(error) };
  } finally {
    stop();
  }
}

async function readUntilHit(delegate: Delegate): Promise<ReadInfo> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const { info } = await delegate.findFirst().withCacheInfo();
    const isFinal = info.status === "hit" || HOPELESS.has(info.reason ?? "");
    if (isFinal || performance.now() > deadline) return info;
    await delay(PAUSE);
  }
}

/** The names of a client's models, as it spells them. */
function modelsOf(client: ApplicationClient): string[] {
  const { _runtimeDataModel } = client as { _runtimeDataModel?: { models?: Readonly<Record<string, unknown>> } };
  const names = Object.keys(_runtimeDataModel?.models ?? {});
  return names.map((name) => name.charAt(0).toLowerCase() + name.slice(1)).filter((name) => client[name] !== undefined);
}
