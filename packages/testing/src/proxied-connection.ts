import { connect, type Socket } from "node:net";

/** What the proxy does to all its connections just now. */
export interface Faults {
  frozen: boolean;
  delay: number;
  blackhole: "requests" | "replies" | null;
  corrupt: ((chunk: Buffer) => Uint8Array) | null;
}

interface Delayed {
  readonly chunk: Uint8Array;
  readonly due: number;
}

/** One client and the connection to the server that was opened for it. Ends when either side ends. */
export class ProxiedConnection {
  /** Bytes of this connection were lost or replaced. */
  gapped = false;
  readonly #server: Socket;
  readonly #delayed: Delayed[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    private readonly client: Socket,
    target: { readonly host: string; readonly port: number },
    private readonly faults: Faults,
    private readonly onEnd: () => void,
  ) {
    this.#server = connect(target);
    client.setNoDelay(true);
    this.#server.setNoDelay(true);
    client.on("data", (chunk: Buffer) => this.#request(chunk));
    this.#server.on("data", (chunk: Buffer) => this.#reply(chunk));
    for (const socket of [client, this.#server]) {
      socket.on("error", () => this.reset());
      socket.on("close", () => this.#end());
    }
    if (faults.frozen) this.pause();
  }

  /** Replies that wait for their time. */
  get delayed(): number {
    return this.#delayed.length;
  }

  /** Unread bytes wait in the kernel, as those of a stopped server do. */
  pause(): void {
    this.client.pause();
    this.#server.pause();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  resume(): void {
    this.client.resume();
    this.#server.resume();
    this.#schedule();
  }

  reset(): void {
    if (this.#ended) return;
    this.client.resetAndDestroy();
    this.#server.destroy();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    // What was already handed over still arrives; what is delayed does not.
    this.client.end();
    this.#server.end();
    this.onEnd();
  }

  #request(chunk: Buffer): void {
    if (this.faults.blackhole === "requests") {
      this.gapped = true;
      return;
    }
    this.#server.write(chunk);
  }

  #reply(chunk: Buffer): void {
    if (this.faults.blackhole === "replies") {
      this.gapped = true;
      return;
    }
    if (this.faults.corrupt) this.gapped = true;
    const bytes = this.faults.corrupt ? this.faults.corrupt(chunk) : chunk;
    if (this.faults.delay === 0 && this.#delayed.length === 0) {
      this.client.write(bytes);
      return;
    }
    this.#delayed.push({ chunk: bytes, due: performance.now() + this.faults.delay });
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#delayed[0];
    if (this.#ended || this.faults.frozen || this.#timer || !next) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#delayed.shift();
        this.client.write(next.chunk);
        this.#schedule();
      },
      Math.max(0, next.due - performance.now()),
    );
  }
}
