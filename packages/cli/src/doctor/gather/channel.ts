import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Permission } from "../judge/permissions.js";
import { refusalOf } from "./permissions.js";

const PATIENCE = 2_000;

export interface ChannelFacts {
  /** As `judgeChannel` takes it. */
  readonly milliseconds: number | null | undefined;
  readonly permission: Permission;
}

/** Publishes to itself, over a second connection. */
export async function tryChannel(redis: Redis, namespace: string, isCluster: boolean): Promise<ChannelFacts> {
  const command = isCluster ? "ssubscribe" : "subscribe";
  const need = {
    command,
    importance: "feature",
    purpose: "l1 and stampede, which hear what others have done",
  } as const;
  const listener = redis.duplicate({ commandTimeout: undefined });
  listener.on("error", () => {});
  const channel = `${namespace}:invalidated:{evercache-doctor-${randomUUID()}}`;
  try {
    await listener.connect();
    const arrived = new Promise<number>((resolve) => {
      for (const event of ["message", "smessage"]) listener.on(event, () => resolve(performance.now()));
    });
    try {
      await (isCluster ? listener.ssubscribe(channel) : listener.subscribe(channel));
    } catch (error) {
      const outcome = refusalOf((error as Error).message);
      return { milliseconds: undefined, permission: { need, outcome } };
    }
    const permission = { need, outcome: "allowed" } as const;
    const sent = performance.now();
    try {
      await (isCluster ? redis.spublish(channel, "[]") : redis.publish(channel, "[]"));
    } catch {
      // Found by the trial of PUBLISH; or the channel's slot is another node's.
      return { milliseconds: undefined, permission };
    }
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), PATIENCE);
    });
    const came = await Promise.race([arrived, impatience]);
    clearTimeout(timer);
    return { milliseconds: came === null ? null : came - sent, permission };
  } finally {
    listener.disconnect();
  }
}
