import type { NodeReading } from "./node-reading.js";
import { parseInfo } from "./redis-info.js";
import type { Connection, RedisNode, RedisServers } from "./redis-servers.js";

const SECTIONS = ["memory", "stats", "clients", "replication", "commandstats"];

/** Asks Redis how it fares. Never rejects, and never takes longer than its time. */
export class RedisProbe {
  #reading: Promise<NodeReading[]> | undefined;

  /** `timeout`: milliseconds. */
  constructor(
    private readonly servers: RedisServers,
    private readonly timeout: number,
  ) {}

  /** One look for all that ask while it is under way: a scrape's metrics, and scrapes that overlap. */
  read(): Promise<NodeReading[]> {
    this.#reading ??= this.#look().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #look(): Promise<NodeReading[]> {
    try {
      const nodes = this.servers();
      if (nodes.length > 0) return await Promise.all(nodes.map((node) => readNode(node, this.timeout)));
    } catch {
      // A cluster that is closed may not tell its nodes.
    }
    return [silent("cluster")];
  }
}

function silent(node: string): NodeReading {
  return { node, info: null, pingMilliseconds: null };
}

async function readNode(node: RedisNode, timeout: number): Promise<NodeReading> {
  let connection: Connection | undefined;
  const ended = new AbortController();
  const look = async (): Promise<NodeReading> => {
    connection = await node.open();
    if (ended.signal.aborted) {
      connection.disconnect();
      return silent(node.name);
    }
    // Told by what is asked, which rejects.
    connection.on("error", () => {});
    await connection.connect();
    const began = performance.now();
    await connection.ping();
    const pingMilliseconds = performance.now() - began;
    const info = parseInfo(await connection.info(...SECTIONS));
    return info ? { node: node.name, info, pingMilliseconds } : silent(node.name);
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<NodeReading>((resolve) => {
    timer = setTimeout(() => resolve(silent(node.name)), timeout);
  });
  try {
    return await Promise.race([look(), late]);
  } catch {
    return silent(node.name);
  } finally {
    clearTimeout(timer);
    ended.abort();
    connection?.disconnect();
  }
}
