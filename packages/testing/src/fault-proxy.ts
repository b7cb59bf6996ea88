import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { ProxiedConnection, type Faults } from "./proxied-connection.js";

export type Direction = "requests" | "replies";

export interface FaultProxyOptions {
  /** Where the real server listens. `host` defaults to 127.0.0.1. */
  readonly target: { readonly host?: string; readonly port: number };
}

/** Stands between a client and a real server, and misbehaves on demand. Every method but `accept` acts at once. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Clients that are connected just now. */
  readonly connections: number;
  /** Of these, those that have lost bytes, or had them replaced, by now: what ends the fault resets them. */
  readonly gapped: number;
  /** Pieces of replies that have come and wait: for their time, or for those before them. */
  readonly delayed: number;
  /** Forwards nothing, either way, and keeps connections open and new ones waiting, as a stopped server does. */
  freeze(): void;
  /** Forwards again, first all that came meanwhile. */
  thaw(): void;
  /** Resets all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Takes connections again, on the same port. */
  accept(): Promise<void>;
  /** Resets the present connections. New ones are welcome. */
  dropConnections(): void;
  /** Each reply comes `milliseconds` late, in order. 0 ends it. */
  delay(milliseconds: number): void;
  /** Each chunk of replies is replaced. `null` ends it, for connections made from then on; the present ones are reset. */
  corruptReplies(replacement: Uint8Array | ((chunk: Buffer) => Uint8Array) | null): void;
  /**
   * Loses what goes in one direction. Without replies, a command times out that ran. `null` ends it; connections that
   * lost something by then are reset, since no network goes on after a gap.
   */
  blackhole(direction: Direction | null): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function createFaultProxy({ target }: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpProxy({ host: target.host ?? "127.0.0.1", port: target.port });
  await proxy.accept();
  return proxy;
}

class TcpProxy implements FaultProxy {
  readonly host = "127.0.0.1";
  readonly #connections = new Set<ProxiedConnection>();
  readonly #faults: Faults = { frozen: false, delay: 0, blackhole: null, corrupt: null };
  #server: Server | null = null;
  #port = 0;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get gapped(): number {
    return [...this.#connections].filter((connection) => connection.gapped).length;
  }

  get delayed(): number {
    return [...this.#connections].reduce((sum, connection) => sum + connection.delayed, 0);
  }

  freeze(): void {
    this.#faults.frozen = true;
    for (const connection of this.#connections) connection.pause();
  }

  thaw(): void {
    this.#faults.frozen = false;
    for (const connection of this.#connections) connection.resume();
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.dropConnections();
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    await closed;
  }

  async accept(): Promise<void> {
    if (this.#server) return;
    const server = createServer((client) => this.#welcome(client));
    this.#server = server;
    server.listen(this.#port, this.host);
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
  }

  dropConnections(): void {
    for (const connection of this.#connections) connection.reset();
  }

  delay(milliseconds: number): void {
    this.#faults.delay = milliseconds;
  }

  corruptReplies(replacement: Uint8Array | ((chunk: Buffer) => Uint8Array) | null): void {
    this.#faults.corrupt = replacement instanceof Uint8Array ? () => replacement : replacement;
    if (replacement === null) this.#resetGapped();
  }

  blackhole(direction: Direction | null): void {
    this.#faults.blackhole = direction;
    if (direction === null) this.#resetGapped();
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  #resetGapped(): void {
    for (const connection of this.#connections) {
      if (connection.gapped) connection.reset();
    }
  }

  #welcome(client: Socket): void {
    // A connection that the kernel took before the server closed: it was never promised anything.
    if (!this.#server) {
      client.resetAndDestroy();
      return;
    }
    const connection = new ProxiedConnection(client, this.target, this.#faults, () => {
      this.#connections.delete(connection);
    });
    this.#connections.add(connection);
  }
}
