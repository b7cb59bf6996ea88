/** What is read of a server's INFO. */
export interface RedisInfo {
  /** Those of its fields that are asked for and that it tells. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly commands: ReadonlyMap<string, CommandFigures>;
}

export interface CommandFigures {
  readonly calls: number;
  /** Microseconds. */
  readonly usec: number;
}

const NUMBERS = new Set([
  "used_memory",
  "maxmemory",
  "connected_clients",
  "connected_slaves",
  "evicted_keys",
  "expired_keys",
  "keyspace_hits",
  "keyspace_misses",
]);

/** Those that evercache sends, and what others read and write with. A server knows hundreds. */
const COMMANDS = new Set([
  "get",
  "set",
  "mget",
  "del",
  "eval",
  "evalsha",
  "publish",
  "spublish",
  "wait",
  "ping",
  "info",
]);

const COMMAND = /^cmdstat_(\w+):calls=(\d+),usec=(\d+)/;

/** `text`: as INFO answers. What is not understood is left out; null: none of it is. */
export function parseInfo(text: string): RedisInfo | null {
  const numbers = new Map<string, number>();
  const commands = new Map<string, CommandFigures>();
  for (const line of text.split(/\r?\n/)) {
    const [, command, calls, usec] = COMMAND.exec(line) ?? [];
    if (command !== undefined) {
      if (COMMANDS.has(command)) commands.set(command, { calls: Number(calls), usec: Number(usec) });
      continue;
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (colon > 0 && NUMBERS.has(name) && /^\d+$/.test(value)) numbers.set(name, Number(value));
  }
  return numbers.size > 0 ? { numbers, commands } : null;
}
