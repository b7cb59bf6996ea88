import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Need, Permission } from "../judge/permissions.js";
import { ask, type Answer } from "./ask.js";

export interface PermissionContext {
  readonly namespace: string;
  /** Names of Redis' commands differ in a Cluster. */
  readonly isCluster: boolean;
  /** `strict` waits for replicas. */
  readonly needsWait: boolean;
}

interface Trial {
  readonly need: Need;
  readonly args: readonly (string | number)[];
}

/** Milliseconds that a key of a trial lives, if it cannot be deleted. */
const TTL = 10_000;
const NO_SCRIPT = "0".repeat(40);
const SCRIPT = "#!lua flags=allow-oom\nreturn redis.call('MGET', KEYS[1])";

export interface Tried {
  readonly permissions: readonly Permission[];
  /** What the server said to a small SET; undefined: it was done, or belongs elsewhere. */
  readonly writeRefusal: string | undefined;
}

/** Runs each command that the cache runs, on a key and a channel of its namespace that nobody else uses. */
export async function tryPermissions(redis: Redis, context: PermissionContext): Promise<Tried> {
  const key = `${context.namespace}:doctor:${randomUUID()}`;
  const channel = `${context.namespace}:invalidated:{evercache-doctor}`;
  const tried = trials(key, channel, context);
  // On one connection they run in this order.
  const answers = await Promise.all(tried.map(({ args: [command, ...rest] }) => ask(redis, String(command), ...rest)));
  const permissions = answers.map((answer, i) => ({ need: tried[i]!.need, outcome: outcomeOf(answer) }));
  const written = answers[tried.findIndex(({ need }) => need.command === "set")]!;
  const isElsewhere = written.kind === "refused" && /^(?:MOVED|ASK) /.test(written.message);
  return { permissions, writeRefusal: written.kind === "refused" && !isElsewhere ? written.message : undefined };
}

/** In an order in which each finds what it needs; the key is deleted at the end. */
function trials(key: string, channel: string, { isCluster, needsWait }: PermissionContext): Trial[] {
  const trial = (importance: Need["importance"], purpose: string, command: string, ...args: (string | number)[]) => ({
    need: { command, importance, purpose },
    args: [...command.toUpperCase().split("|"), ...args],
  });
  const publish = isCluster ? "spublish" : "publish";
  return [
    trial("required", "whether the server is there", "ping"),
    trial("required", "which incarnation of the server it is", "info", "server"),
    trial("required", "storing results", "set", key, "doctor", "PX", TTL),
    trial("required", "reading results and tokens", "mget", key),
    trial("required", "scripts, which lock and release", "evalsha", NO_SCRIPT, 1, key),
    trial("required", "scripts, which lock and release", "eval", SCRIPT, 1, key),
    trial("required", "scripts, which lock and release", "pttl", key),
    trial("required", "scripts, which lock and release", "pexpiretime", key),
    trial("required", "scripts, which lock and release", "time"),
    trial("required", "telling others what was invalidated", publish, channel, "[]"),
    trial("feature", "results that slide", "strlen", key),
    trial("feature", "results that slide", "getrange", key, 0, 1),
    trial("feature", "results that slide", "setrange", key, 0, "d"),
    trial("feature", "swr, earlyRefresh and stampede", "pexpire", key, TTL),
    trial(
      "convenience",
      "telling the server the scripts beforehand; the first writers do otherwise",
      "script|load",
      SCRIPT,
    ),
    ...(needsWait ? [trial("required", "consistency: strict", "wait", 0, 1)] : []),
    ...(isCluster
      ? [
          trial("required", "which node has which keys", "cluster|slots"),
          trial("required", "which node has which keys", "cluster|nodes"),
          trial("required", "which node has which keys", "cluster|info"),
          trial("required", "slots that move", "asking"),
        ]
      : []),
    trial("convenience", "the connection's name in CLIENT LIST", "client|setname", "evercache-cli"),
    trial("required", "dropping results", "del", key),
  ];
}

/** By the message, since all have one code. A node answers for keys of others only after it has looked at the user's rights. */
function outcomeOf(answer: Answer): Permission["outcome"] {
  if (answer.kind === "answer") return "allowed";
  return refusalOf(answer.message);
}

/** What a server means by a refusal, in the words of Redis 7 and of Valkey. */
export function refusalOf(message: string): Permission["outcome"] {
  if (/^ERR unknown (?:command|subcommand)/i.test(message)) return "unknown";
  if (!message.startsWith("NOPERM")) return "allowed";
  if (/channel/i.test(message)) return "channel";
  return /\bkeys?\b/i.test(message) ? "key" : "command";
}
