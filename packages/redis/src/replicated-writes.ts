import { NotReplicatedError } from "@evercache/core";
import type { Commands } from "./client.js";
import type { Connection } from "./connection.js";
import { isUnfit } from "./server-error.js";
import type { Session } from "./servers.js";

type Send = (session: Session) => Promise<void>;

interface Write {
  readonly send: Send;
  readonly settle: (outcome: PromiseSettledResult<void>) => void;
  readonly timeout: number;
  /** When it has waited long enough, by the clock that never jumps. */
  readonly deadline: number;
}

/**
 * Writes over a connection of their own, each of which resolves only when a replica has it. WAIT blocks the connection
 * that it came by, so those that come meanwhile form the next round, and share its WAIT.
 */
export class ReplicatedWrites {
  #next: Write[] = [];
  #isRunning = false;

  constructor(private readonly connection: Connection) {}

  /**
   * @param place writes it by another connection, at once: nobody's write waits for other writes' replicas. It is sent
   * a second time with its round, and so must be one that may be repeated.
   * @throws NotReplicatedError if no replica has got it within `timeout` milliseconds. It is written all the same.
   */
  async run(send: Send, timeout: number, place: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + timeout;
    await this.connection.firstAttempt();
    const mustQueue = this.#isRunning;
    const outcome = new Promise<PromiseSettledResult<void>>((settle) => {
      this.#next.push({ send, settle, timeout, deadline });
      // The rounds before may take as long again.
      if (mustQueue) setTimeout(() => settle(notReplicated(timeout)), timeout).unref();
    });
    if (mustQueue) await place();
    else void this.#runAll();
    const settled = await outcome;
    if (settled.status === "fulfilled") return;
    if (settled.reason instanceof NotReplicatedError) throw settled.reason;
    // This connection may be away while the other one is not: without a replica is more than not at all.
    await place();
    throw notReplicated(timeout).reason;
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    while (this.#next.length > 0) {
      const now = performance.now();
      // Whoever has given up may have released what it wrote: it must not be written again.
      const round = this.#next.filter(({ deadline }) => deadline > now);
      this.#next = [];
      const outcomes = round.length > 0 ? await this.#runRound(round, now) : [];
      for (const [i, { settle }] of round.entries()) settle(outcomes[i]!);
    }
    this.#isRunning = false;
  }

  async #runRound(writes: readonly Write[], now: number): Promise<PromiseSettledResult<void>[]> {
    const timeout = Math.max(1, Math.ceil(Math.max(...writes.map(({ deadline }) => deadline)) - now));
    try {
      return await this.connection.ask(async (client, epoch) => {
        const counted = countCommands(client);
        const session = { client: counted, epoch, judgingEpoch: () => this.connection.judgingEpoch() };
        const calls = writes.map(({ send }) => send(session));
        const outcomes = Promise.allSettled(calls);
        const before = counted.count;
        // In the same tick: it counts what this connection wrote before it.
        const waited = client.call("WAIT", [1, timeout]);
        waited.catch(() => {});
        const settled = await outcomes;
        const unfit = settled.find((outcome) => outcome.status === "rejected" && isUnfit(outcome.reason));
        if (unfit) throw (unfit as PromiseRejectedResult).reason;
        // A script that the server had forgotten was sent again, behind the WAIT.
        const replicas = await (counted.count === before ? waited : client.call("WAIT", [1, timeout]));
        if (Number(replicas) > 0) return settled;
        return settled.map((outcome, i) =>
          outcome.status === "fulfilled" ? notReplicated(writes[i]!.timeout) : outcome,
        );
      });
    } catch (reason) {
      return writes.map(() => ({ status: "rejected", reason }));
    }
  }
}

function notReplicated(timeout: number): PromiseRejectedResult {
  return { status: "rejected", reason: new NotReplicatedError(`no replica took the locks within ${timeout} ms`) };
}

function countCommands(client: Commands): Commands & { readonly count: number } {
  let count = 0;
  return {
    get count() {
      return count;
    },
    call(command, args) {
      count++;
      return client.call(command, args);
    },
    callBuffer(command, args) {
      count++;
      return client.callBuffer(command, args);
    },
  };
}
