import { NotReplicatedError } from "@evercache/core";
import type { Commands } from "./client.js";
import type { Connection } from "./connection.js";
import { isUnfit } from "./server-error.js";
import type { Session } from "./servers.js";

type Send = (session: Session) => Promise<void>;

interface Write {
  readonly send: Send;
  readonly settle: (outcome: PromiseSettledResult<void>) => void;
}

/** Writes that go out together, and share one WAIT. */
interface Round {
  readonly writes: Write[];
  timeout: number;
}

/**
 * Writes over a connection of their own, each of which resolves only when a replica has it. WAIT blocks the connection
 * that it came by, so those that come meanwhile form the next round: one that waits never makes a queue.
 */
export class ReplicatedWrites {
  #next: Round | null = null;
  #isRunning = false;

  constructor(private readonly connection: Connection) {}

  /** @throws NotReplicatedError if no replica has got it within `timeout` milliseconds. It is written all the same. */
  async run(send: Send, timeout: number): Promise<void> {
    await this.connection.firstAttempt();
    this.#next ??= { writes: [], timeout };
    const round = this.#next;
    round.timeout = Math.max(round.timeout, timeout);
    const outcome = new Promise<PromiseSettledResult<void>>((settle) => round.writes.push({ send, settle }));
    if (!this.#isRunning) void this.#runAll();
    const settled = await outcome;
    if (settled.status === "rejected") throw settled.reason;
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    for (let round = this.#next; round; round = this.#next) {
      this.#next = null;
      const outcomes = await this.#runRound(round);
      for (const [i, { settle }] of round.writes.entries()) settle(outcomes[i]!);
    }
    this.#isRunning = false;
  }

  async #runRound({ writes, timeout }: Round): Promise<PromiseSettledResult<void>[]> {
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
        const reason = new NotReplicatedError(`no replica took the locks within ${timeout} ms`);
        return settled.map((outcome) => (outcome.status === "fulfilled" ? { status: "rejected", reason } : outcome));
      });
    } catch (reason) {
      return writes.map(() => ({ status: "rejected", reason }));
    }
  }
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
