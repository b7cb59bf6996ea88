import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Redis } from "ioredis";
import {
  dieWithParent,
  ended,
  findProgram,
  freePort,
  isRunning,
  removeFolder,
  temporaryFolder,
  untilReady,
} from "./child-server.js";
import { adminClient, infoField, untilTrue } from "./redis-admin.js";
import { startRedis, type RedisServer } from "./redis.js";

export interface RedisSentinelOptions {
  /** Replicas of the primary. Default 1. */
  readonly replicas?: number;
  /** Default 3. */
  readonly sentinels?: number;
  /** Milliseconds of silence after which a sentinel takes a server for dead. Default 700. */
  readonly downAfter?: number;
  /** More arguments for each server, not for the sentinels. */
  readonly args?: readonly string[];
}

/** A sentinel process. */
export interface SentinelProcess {
  readonly host: string;
  readonly port: number;
  /** SIGSTOP. Signals do not hurt one that has ended. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** A primary with replicas that sentinels watch, all on 127.0.0.1. Server 0 is the first primary. */
export interface RedisSentinels {
  /** What the sentinels call the primary. */
  readonly name: string;
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly SentinelProcess[];
  /** For ioredis: `new Redis(options)` leads to the present primary. */
  readonly options: {
    readonly sentinels: { host: string; port: number }[];
    readonly name: string;
  };
  /** A connection to server `index` that comes back after a restart; closed by `stop`. */
  admin(index: number): Redis;
  kill(index: number): Promise<void>;
  pause(index: number): Promise<void>;
  resume(index: number): Promise<void>;
  /** Starts the server again, empty, as a primary of its own until the sentinels find it. */
  restart(index: number): Promise<void>;
  /** The server that most of the sentinels call the primary. */
  primary(): Promise<number>;
  /** Asks the sentinels to promote a replica though the primary is well, and waits for it. */
  failover(): Promise<void>;
  /** Until all sentinels that answer agree on another primary than `index`, and none is at work on a failover. */
  waitUntilFailedOver(index: number): Promise<void>;
  /** Until all servers that run replicate the primary without a gap, and the sentinels know them all. */
  waitForState(): Promise<void>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

const NAME = "main";
const HOST = "127.0.0.1";

/** Starts them, and resolves when the sentinels know each other and all servers. They end with this process. */
export async function startRedisSentinels(options: RedisSentinelOptions = {}): Promise<RedisSentinels> {
  const { replicas = 1, sentinels = 3, downAfter = 700, args = [] } = options;
  const serverArgs = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1", ...args];
  const first = await startRedis(serverArgs);
  const others = await Promise.all(
    Array.from({ length: replicas }, () => startRedis([...serverArgs, "--replicaof", HOST, String(first.port)])),
  );
  const quorum = Math.floor(sentinels / 2) + 1;
  const started = await Promise.all(
    Array.from({ length: sentinels }, () => startSentinel({ primary: first, quorum, downAfter })),
  );
  const set = new StartedSentinels([first, ...others], started);
  try {
    await set.waitForState();
  } catch (error) {
    await set.stop();
    throw error;
  }
  return set;
}

class StartedSentinels implements RedisSentinels {
  readonly name = NAME;
  readonly options: RedisSentinels["options"];
  readonly #admins: readonly Redis[];
  readonly #asked: readonly Redis[];
  readonly #away = new Set<number>();

  constructor(
    readonly servers: readonly RedisServer[],
    readonly sentinels: readonly SentinelProcess[],
  ) {
    this.options = { name: NAME, sentinels: sentinels.map(({ host, port }) => ({ host, port })) };
    this.#admins = servers.map(adminClient);
    this.#asked = sentinels.map(adminClient);
  }

  admin(index: number): Redis {
    return this.#admins[index]!;
  }

  async kill(index: number): Promise<void> {
    this.#away.add(index);
    await this.servers[index]!.kill();
  }

  async pause(index: number): Promise<void> {
    this.#away.add(index);
    await this.servers[index]!.pause();
  }

  async resume(index: number): Promise<void> {
    await this.servers[index]!.resume();
    this.#away.delete(index);
  }

  async restart(index: number): Promise<void> {
    await this.servers[index]!.restart();
    this.#away.delete(index);
  }

  async primary(): Promise<number> {
    const votes = new Map<number, number>();
    await Promise.all(
      this.#asked.map(async (sentinel) => {
        const reply = await sentinel.call("SENTINEL", ["GET-MASTER-ADDR-BY-NAME", NAME]).catch(() => null);
        const [, port] = (reply ?? []) as string[];
        const index = this.servers.findIndex((server) => String(server.port) === port);
        if (index >= 0) votes.set(index, (votes.get(index) ?? 0) + 1);
      }),
    );
    const most = [...votes].find(([, count]) => count > this.sentinels.length / 2);
    if (!most) throw new Error("the sentinels do not agree on a primary");
    return most[0];
  }

  async failover(): Promise<void> {
    const before = await this.primary();
    await untilTrue(async () => {
      // Refused for as long as the last failover is not quite over.
      await this.#asked[0]!.call("SENTINEL", ["FAILOVER", NAME]);
      return true;
    }, "the sentinels begin a failover");
    await this.waitUntilFailedOver(before);
  }

  async waitUntilFailedOver(index: number): Promise<void> {
    await untilTrue(async () => {
      const now = await this.primary();
      if (now === index || infoField(await this.admin(now).info("replication"), "role") !== "master") return false;
      const opinions = await Promise.all(this.#asked.map((sentinel) => opinionOf(sentinel)));
      const expected = `${this.servers[now]!.port} master`;
      return opinions.every((opinion) => opinion === null || opinion === expected);
    }, "another server is the primary");
  }

  async waitForState(): Promise<void> {
    await untilTrue(async () => {
      const primary = await this.primary();
      for (const index of this.servers.keys()) {
        if (index === primary || this.#away.has(index)) continue;
        const info = await this.admin(index).info("replication");
        if (infoField(info, "master_link_status") !== "up") return false;
        if (infoField(info, "master_port") !== String(this.servers[primary]!.port)) return false;
      }
      const views = await Promise.all(this.#asked.map((sentinel) => sentinel.info("sentinel")));
      const known = `slaves=${this.servers.length - 1},sentinels=${this.sentinels.length}`;
      return views.every((view) => view.includes(known));
    }, "the sentinels know all servers");
  }

  async stop(): Promise<void> {
    for (const redis of [...this.#admins, ...this.#asked]) redis.disconnect();
    await Promise.all([...this.sentinels, ...this.servers].map((server) => server.stop()));
  }
}

/** The port and the flags of the primary, as one sentinel sees it; null if it does not answer. */
async function opinionOf(sentinel: Redis): Promise<string | null> {
  const reply = (await sentinel.call("SENTINEL", ["MASTER", NAME]).catch(() => null)) as string[] | null;
  if (reply === null) return null;
  const field = (name: string) => reply[reply.indexOf(name) + 1];
  return `${field("port")} ${field("flags")}`;
}

interface SentinelOptions {
  readonly primary: RedisServer;
  readonly quorum: number;
  readonly downAfter: number;
}

async function startSentinel({ primary, quorum, downAfter }: SentinelOptions): Promise<SentinelProcess> {
  const program = findProgram(["redis-server", "valkey-server"]);
  if (program === null) throw new Error("Install Redis 7 or Valkey: redis-server or valkey-server on PATH.");
  const folder = temporaryFolder("sentinel");
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = await freePort();
    const file = path.join(folder, "sentinel.conf");
    const lines = [
      `port ${port}`,
      `bind ${HOST}`,
      `dir ${folder}`,
      `sentinel monitor ${NAME} ${HOST} ${primary.port} ${quorum}`,
      `sentinel down-after-milliseconds ${NAME} ${downAfter}`,
      // A failed attempt is repeated after twice this.
      `sentinel failover-timeout ${NAME} 3000`,
      `sentinel parallel-syncs ${NAME} 4`,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    const child = spawn(program, [file, "--sentinel"], { stdio: ["ignore", "pipe", "pipe"] });
    if (!(await untilReady(child, { ready: /\+monitor/, portTaken: /in use/i, patience: 15_000 }))) continue;
    return sentinelProcess(child, port, folder);
  }
  throw new Error("startRedisSentinels: no free port after 20 attempts");
}

function sentinelProcess(child: ChildProcess, port: number, folder: string): SentinelProcess {
  const callOff = dieWithParent(child.pid as number, folder);
  return {
    host: HOST,
    port,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    async stop() {
      if (!isRunning(child)) return;
      const gone = ended(child, 3_000);
      child.kill("SIGTERM");
      child.kill("SIGCONT");
      await gone;
      callOff();
      removeFolder(folder);
    },
  };
}
