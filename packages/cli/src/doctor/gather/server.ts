import type { Redis } from "ioredis";
import { Info } from "../../connection/info.js";
import type { ClockFacts } from "../judge/clock.js";
import type { Replica } from "../judge/replication.js";
import { ask } from "./ask.js";

const SECTIONS = ["server", "replication", "memory", "persistence", "stats"];
const PINGS = 50;
/** Milliseconds that measuring may take. */
const PATIENCE = 2_000;

/** What `INFO` tells; empty where it is refused. Section by section: some services know only one at a time. */
export async function readInfo(redis: Redis): Promise<Info> {
  const answers = await Promise.all(SECTIONS.map((section) => ask(redis, "INFO", section)));
  return new Info(answers.map((answer) => (answer.kind === "answer" ? String(answer.value) : "")).join("\n"));
}

/** Milliseconds of each of some PINGs, one after the other. */
export async function measurePings(redis: Redis): Promise<number[]> {
  const pings: number[] = [];
  const begun = performance.now();
  for (let i = -3; i < PINGS && performance.now() - begun < PATIENCE; i++) {
    const sent = performance.now();
    const { kind } = await ask(redis, "PING");
    // The first ones warm up.
    if (i >= 0 && kind === "answer") pings.push(performance.now() - sent);
  }
  return pings;
}

export async function compareClocks(redis: Redis): Promise<ClockFacts | undefined> {
  const [sent, began] = [Date.now(), performance.now()];
  const answer = await ask(redis, "TIME");
  if (answer.kind === "refused" || !Array.isArray(answer.value)) return undefined;
  const took = performance.now() - began;
  const [seconds, microseconds] = (answer.value as unknown[]).map(Number) as [number, number];
  return { offset: seconds * 1000 + microseconds / 1000 - (sent + took / 2), uncertainty: took / 2 };
}

/** The replicas that `INFO replication` lists. */
export function readReplicas(info: Info): Replica[] {
  return info.names(/^slave\d+$/).flatMap((name) => {
    const parts = info.parts(name);
    if (!parts) return [];
    const [ip, port, state, lag] = ["ip", "port", "state", "lag"].map((part) => parts.get(part) ?? "");
    return [{ name: `${ip}:${port}`, state: state!, lag: Number(lag) }];
  });
}
