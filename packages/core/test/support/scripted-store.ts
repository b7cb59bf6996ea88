import { StoreUnavailableError } from "../../src/errors.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import type { Lookup, Release, Store, StoreStatus } from "../../src/store/store.js";
import type { Tag } from "../../src/tag.js";
import type { TokenState } from "../../src/token.js";

/** What the server does with a call: answers, never answers, breaks the connection, or answers with a refusal. */
export type Behaviour = "answers" | "freezes" | "breaks" | "refuses";

/** A store whose server the test plays. Calls that a frozen server was given are kept until it thaws. */
export class ScriptedStore implements Store {
  readonly tier = "scripted";
  behaviour: Behaviour = "answers";
  /** Names of the methods that were called, in order. */
  readonly calls: string[] = [];
  reconnects = 0;
  #status: StoreStatus;
  readonly #listeners = new Set<(status: StoreStatus, error?: unknown) => void>();
  readonly #frozen: (() => void)[] = [];
  readonly #inner = createMemoryStore();

  constructor(status: StoreStatus = "ready") {
    this.#status = status;
  }

  get status(): StoreStatus {
    return this.#status;
  }

  become(status: StoreStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }

  /** The server answers again, what it was asked before included. */
  thaw(): void {
    this.behaviour = "answers";
    for (const go of this.#frozen.splice(0)) go();
  }

  count(method: string): number {
    return this.calls.filter((name) => name === method).length;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  lookup(key: string, tags: readonly Tag[]): Promise<Lookup> {
    return this.#answer("lookup", () => this.#inner.lookup(key, tags));
  }

  mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    return this.#answer("mint", () => this.#inner.mint(tags, lifetimes));
  }

  fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    return this.#answer("fill", () => this.#inner.fill(key, entry, ttl));
  }

  remove(key: string): Promise<void> {
    return this.#answer("remove", () => this.#inner.remove(key));
  }

  quarantine(holder: string, tags: readonly Tag[], lease: number): Promise<void> {
    return this.#answer("quarantine", () => this.#inner.quarantine(holder, tags, lease));
  }

  release(holder: string, release: Release): Promise<void> {
    return this.#answer("release", () => this.#inner.release(holder, release));
  }

  rotate(tags: readonly Tag[]): Promise<void> {
    return this.#answer("rotate", () => this.#inner.rotate(tags));
  }

  probe(): Promise<void> {
    return this.#answer("probe", () => this.#inner.probe());
  }

  reconnect(): void {
    this.reconnects++;
  }

  async close(): Promise<void> {
    this.become("closed");
  }

  async #answer<T>(method: string, run: () => Promise<T>): Promise<T> {
    this.calls.push(method);
    switch (this.behaviour) {
      case "answers":
        return run();
      case "freezes":
        await new Promise<void>((go) => this.#frozen.push(go));
        return run();
      case "breaks":
        throw new StoreUnavailableError("connection lost");
      case "refuses":
        throw new Error("OOM command not allowed");
      default:
        return this.behaviour satisfies never;
    }
  }
}
