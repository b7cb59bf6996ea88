import type { Lookup, Release, Renewal, Store, StoreStatus, Watch, Watcher } from "../../src/store/store.js";
import type { Tag } from "../../src/tag.js";
import type { Token, TokenState } from "../../src/token.js";
import { Channel } from "./channel.js";
import type { Core } from "./load-core.js";
import { LONG, NETWORK, type Clock, type Scheduler } from "./scheduler.js";
import type { Server } from "./server.js";

/**
 * What becomes of a command. `slow`: it is carried out, and the answer takes long; `lost`: likewise, and an error comes
 * in place of the answer; `late`: it is carried out long after, and nothing comes; `hangs`: nor is it carried out.
 */
export type Fate = "works" | "slow" | "refused" | "lost" | "late" | "hangs";

/** A process' connection to the server. Commands and answers take their time, and overtake each other. */
export class Link implements Store {
  readonly tier = "simulated";
  /** Without delays, and without anything going wrong. */
  isDirect = false;
  /** By which it is told of invalidations, where it wants to be. */
  channel: Channel | null = null;
  #status: StoreStatus = "ready";
  readonly #listeners = new Set<(status: StoreStatus, error?: unknown) => void>();

  constructor(
    private readonly process: number,
    private readonly core: Core,
    private readonly server: Server,
    private readonly scheduler: Scheduler,
    private readonly ambiguousLease: number,
    private readonly fate: (command: string) => Fate,
    private readonly clock: Clock,
    /** Steps that messages take besides. */
    private readonly lateness: number,
  ) {}

  get status(): StoreStatus {
    return this.#status;
  }

  get tenure(): object {
    return this.server.tenure;
  }

  become(status: StoreStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    const { entry, tokens } = await this.#send("lookup", () => this.server.lookup(key, tags));
    return { entry, tokens: tokens.map((token) => this.#translated(token)) };
  }

  async mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    const tokens = await this.#send("mint", () => this.server.mint(tags, lifetimes));
    return tokens.map((token) => this.#translated(token));
  }

  fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    return this.#send("fill", () => this.server.fill(key, entry, ttl));
  }

  remove(key: string): Promise<void> {
    return this.#send("remove", () => this.server.evictEntry(key));
  }

  renew(key: string, renewal: Renewal, ttl: number): Promise<void> {
    return this.#send("renew", () => this.server.renew(key, renewal, ttl));
  }

  acquire(name: string, holder: string, ttl: number, onFreed?: (note: string | null) => void): Promise<number> {
    const tell = (note: string | null): void => {
      if (this.isDirect) onFreed?.(note);
      else this.scheduler.soon(this.process, "is told of a lease", () => onFreed?.(note));
    };
    return this.#send("acquire", () => this.server.acquire(name, holder, ttl, onFreed && tell));
  }

  free(name: string, holder: string, note: string): Promise<void> {
    return this.#send("free", () => this.server.free(name, holder, note));
  }

  async quarantine(holder: string, tags: readonly Tag[], lease: number, replicaTimeout?: number): Promise<void> {
    const isHeld = lease === this.ambiguousLease;
    let epoch = 0;
    await this.#send("quarantine", () => {
      epoch = this.server.epoch;
      return this.server.quarantine(this.process, isHeld, holder, tags, lease);
    });
    if (replicaTimeout === undefined || this.isDirect) return;
    const hasReplica = isHeld || this.fate("replica") === "works";
    await this.#send("wait", async () => {
      if (epoch !== this.server.epoch) throw new this.core.StoreUnavailableError("the server is another one");
      if (!hasReplica) throw new this.core.NotReplicatedError("no replica answered");
      this.server.replicate();
    });
  }

  release(holder: string, release: Release): Promise<void> {
    return this.#send("release", () => this.server.release(holder, release));
  }

  draw(like: Token): Token {
    return this.server.draw(like);
  }

  rotate(tags: readonly Tag[]): Promise<void> {
    return this.#send("rotate", () => this.server.rotate(tags));
  }

  watch(watcher: Watcher, heartbeat: number): Watch {
    const { process, server, scheduler, clock, lateness } = this;
    this.channel = new Channel(process, server, scheduler, clock, watcher, heartbeat, lateness, () => this.isDirect);
    return this.channel;
  }

  probe(): Promise<void> {
    return this.#send("probe", () => Promise.resolve());
  }

  reconnect(): void {
    // The connection is always the same; what it does is left to chance.
  }

  async close(): Promise<void> {
    this.become("closed");
  }

  #send<T>(command: string, execute: () => Promise<T>): Promise<T> {
    if (this.isDirect) return execute();
    const fate = this.fate(command);
    const { scheduler, process } = this;
    return new Promise((resolve, reject) => {
      const refuse = () => reject(new this.core.StoreUnavailableError(`${command} ${fate}`));
      if (fate === "refused") return scheduler.soon(process, `is refused ${command}`, refuse);
      if (fate === "hangs") return undefined;
      const delay = scheduler.delay() + (fate === "late" ? LONG : 0);
      scheduler.at(scheduler.time + delay, NETWORK, `P${process}'s ${command} runs`, () => {
        execute().then(
          (answer) => {
            const take = () => resolve(answer);
            if (fate === "works") scheduler.answer(process, `gets the answer to ${command}`, take);
            else if (fate === "slow")
              scheduler.at(scheduler.time + LONG, process, `gets a slow answer to ${command}`, take);
            else if (fate === "lost") scheduler.soon(process, `loses the answer to ${command}`, refuse);
          },
          (error: unknown) => scheduler.soon(process, `gets an error for ${command}`, () => reject(error)),
        );
      });
      return undefined;
    });
  }

  /** Each process has a symbol of its own for a lock. */
  #translated(token: TokenState): TokenState {
    return typeof token === "symbol" ? this.core.QUARANTINED : token;
  }
}
