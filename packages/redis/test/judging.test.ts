import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { newToken } from "../src/tag-text.js";
import { becomes, eventually, LONG, observe, TAG, unavailable } from "./kit.js";

/** A client whose server answers when the test says so: an order of answers that no real server can be made to keep. */
class ScriptedClient extends EventEmitter {
  replicationId = "first";
  readonly #held: { resolve: (reply: unknown) => void; reject: (error: unknown) => void }[] = [];

  constructor() {
    super();
    setImmediate(() => this.emit("ready"));
  }

  async call(command: string, args: readonly unknown[]): Promise<unknown> {
    if (command === "INFO" && args[0] === "server") return "run_id:process\r\n";
    if (command === "INFO") return `role:master\r\nmaster_replid:${this.replicationId}\r\n`;
    if (command === "PING" || command === "SCRIPT") return "PONG";
    return this.#hold();
  }

  callBuffer(): Promise<unknown> {
    return this.#hold();
  }

  /** Resolves when there is a question to answer: what is asked for in one tick is sent at its end. */
  async asked(): Promise<void> {
    await eventually(() => expect(this.#held).toHaveLength(1));
  }

  answer(reply: unknown): void {
    this.#held.shift()?.resolve(reply);
  }

  disconnect(): void {
    for (const { reject } of this.#held.splice(0)) reject(new Error("Connection is closed."));
    setImmediate(() => this.emit("end"));
  }

  #hold(): Promise<unknown> {
    return new Promise((resolve, reject) => this.#held.push({ resolve, reject }));
  }
}

async function scripted() {
  const clients: ScriptedClient[] = [];
  const duplicate = () => {
    const client = new ScriptedClient();
    clients.push(client);
    return client;
  };
  const store = observe({ redis: { isCluster: false, duplicate } });
  await becomes(store, "ready");
  return { store, client: clients.at(0)!, clients };
}

describe("an answer that was asked for under another epoch", () => {
  it("is judged by the epoch of the moment in which it comes", async () => {
    const { store, client } = await scripted();
    const old = newToken(store.epoch!);
    const lookup = store.lookup("key", [TAG]);
    await client.asked();
    client.replicationId = "second";
    await store.probe();
    client.answer([null, Buffer.from(old)]);
    expect((await lookup).tokens).toEqual([null]);
  });

  it("is valid if it carries the newer epoch already", async () => {
    const { store, client } = await scripted();
    const lookup = store.lookup("key", [TAG]);
    await client.asked();
    client.replicationId = "second";
    await store.probe();
    const token = newToken(store.epoch!);
    client.answer([null, Buffer.from(token)]);
    expect((await lookup).tokens).toEqual([token]);
  });

  it("is no token at all if it was minted under the old one", async () => {
    const { store, client } = await scripted();
    const minted = store.mint([TAG], [LONG]);
    await client.asked();
    const old = newToken(store.epoch!);
    client.replicationId = "second";
    await store.probe();
    client.answer([old]);
    await expect(minted).rejects.toEqual(unavailable);
    expect(store.status).toBe("ready");
  });

  it("is not believed when the epoch is unknown by then", async () => {
    const { store, client, clients } = await scripted();
    const token = newToken(store.epoch!);
    const lookup = store.lookup("key", [TAG]);
    await client.asked();
    client.disconnect = () => {};
    store.reconnect();
    expect(store.epoch).toBeNull();
    client.answer([null, Buffer.from(token)]);
    await expect(lookup).rejects.toEqual(unavailable);
    await becomes(store, "ready");
    expect(clients).toHaveLength(2);
    client.emit("end");
  });

  it("does not bring back a connection that introduces itself after it was given up", async () => {
    const { store, client, clients } = await scripted();
    store.reconnect();
    await becomes(store, "ready");
    client.replicationId = "late";
    client.emit("ready");
    client.emit("end");
    const epoch = store.epoch;
    await store.probe();
    expect(store.epoch).toBe(epoch);
    expect(store.status).toBe("ready");
    expect(clients).toHaveLength(2);
  });
});

it("a client that cannot be made is tried again, like one that cannot connect", async () => {
  let attempts = 0;
  const duplicate = () => {
    attempts += 1;
    if (attempts < 3) throw new Error("no client today");
    return new ScriptedClient();
  };
  const store = observe({ redis: { isCluster: false, duplicate } });
  expect(store.status).toBe("unavailable");
  await expect(store.lookup("key", [TAG])).rejects.toMatchObject({ cause: { message: "no client today" } });
  await becomes(store, "ready");
  expect(attempts).toBe(3);
});
