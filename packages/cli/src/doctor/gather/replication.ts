import { randomUUID } from "node:crypto";
import type { Consistency } from "@evercache/core";
import type { Redis } from "ioredis";
import type { Info } from "../../connection/info.js";
import type { ReplicationFacts } from "../judge/replication.js";
import { ask, numberSetting } from "./ask.js";
import { readReplicas } from "./server.js";

export interface ReplicationContext {
  readonly namespace: string;
  readonly consistency: Consistency;
  /** Milliseconds that a write waits for the cache; for a replica, four fifths of it. */
  readonly writeDeadline: number;
}

export async function gatherReplication(
  redis: Redis,
  info: Info,
  context: ReplicationContext,
): Promise<ReplicationFacts> {
  const replicas = readReplicas(info);
  const timeout = Math.max(1, Math.floor((context.writeDeadline * 4) / 5));
  const waited = replicas.length > 0 ? await waitForReplica(redis, context.namespace, timeout) : undefined;
  const minReplicas = await numberSetting(redis, "min-replicas-to-write");
  return { consistency: context.consistency, replicas, minReplicas, waited };
}

async function waitForReplica(redis: Redis, namespace: string, timeout: number): Promise<ReplicationFacts["waited"]> {
  const written = await ask(redis, "SET", `${namespace}:doctor:${randomUUID()}`, "doctor", "PX", 1_000);
  const isElsewhere = written.kind === "refused";
  if (isElsewhere && !/^(?:MOVED|ASK) /.test(written.message)) return undefined;
  const begun = performance.now();
  const answer = await ask(redis, "WAIT", 1, timeout);
  if (answer.kind === "refused") return undefined;
  return { replicas: Number(answer.value), milliseconds: performance.now() - begun, timeout };
}
