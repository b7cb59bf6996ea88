import { Redis } from "ioredis";
import { messageOf } from "../../cli-error.js";
import type { RedisAddress } from "../../connection/address.js";
import { nodesOf, redisOptions } from "../../connection/redis-options.js";
import type { SentinelFacts } from "../judge/sentinels.js";

type SentinelAddress = Extract<RedisAddress, { kind: "sentinel" }>;

/** Asks each of the sentinels that were named. */
export async function askSentinels(address: SentinelAddress): Promise<SentinelFacts> {
  const answers = await Promise.all(nodesOf(address).map((node) => askSentinel(address, node)));
  const told = answers.find(({ master }) => master !== undefined)?.master;
  const others = told?.get("num-other-sentinels");
  const downAfter = told?.get("down-after-milliseconds");
  return {
    named: answers.map(({ address: name, failure }) => ({ address: name, failure })),
    known: others === undefined ? undefined : Number(others) + 1,
    downAfter: downAfter === undefined ? undefined : Number(downAfter),
  };
}

async function askSentinel(address: SentinelAddress, node: { host: string; port: number }) {
  const { sentinels: _, name: __, db: ___, username: ____, password: _____, ...options } = redisOptions(address);
  const sentinel = new Redis({
    ...options,
    ...node,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
  });
  let reason: unknown;
  sentinel.on("error", (error: unknown) => (reason = error));
  const name = `${node.host}:${node.port}`;
  try {
    await sentinel.connect();
    const fields = (await sentinel.call("SENTINEL", ["MASTER", address.name])) as string[];
    const pairs = fields.flatMap((field, i) => (i % 2 === 0 ? [[field, fields[i + 1]!] as const] : []));
    return { address: name, failure: undefined, master: new Map(pairs) };
  } catch (error) {
    return { address: name, failure: messageOf(reason ?? error), master: undefined };
  } finally {
    sentinel.disconnect();
  }
}
