import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createFaultProxy, type FaultProxy } from "../src/index.js";

/** Answers each request by "<" request ">". */
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    requests.push(chunk.toString());
    socket.write(`<${chunk.toString()}>`);
  });
});
let requests: string[] = [];
let proxy: FaultProxy;
const clients: Client[] = [];

interface Client {
  readonly socket: Socket;
  received: string;
  ended: boolean;
}

async function client(): Promise<Client> {
  const socket = connect(proxy.port, proxy.host);
  const state: Client = { socket, received: "", ended: false };
  socket.on("data", (chunk: Buffer) => (state.received += chunk.toString()));
  socket.on("error", () => {});
  socket.on("close", () => (state.ended = true));
  clients.push(state);
  await once(socket, "connect");
  return state;
}

const settled = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 2 });

beforeEach(async () => {
  requests = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await createFaultProxy({ target: { port: (server.address() as AddressInfo).port } });
});
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  server.close();
  await once(server, "close");
});

describe("createFaultProxy", () => {
  it("forwards both ways, and counts its connections", async () => {
    const [a, b] = [await client(), await client()];
    a.socket.write("a");
    b.socket.write("b");
    await settled(() => expect([a.received, b.received]).toEqual(["<a>", "<b>"]));
    expect(proxy.connections).toBe(2);
    a.socket.end();
    await settled(() => expect(proxy.connections).toBe(1));
    expect(b.ended).toBe(false);
  });

  it("freezes what is connected and what connects later, and thaws with all that came", async () => {
    const early = await client();
    proxy.freeze();
    early.socket.write("a");
    const late = await client();
    late.socket.write("b");
    await settled(() => expect(proxy.connections).toBe(2));
    // Both have been sent; a server that answered them would have had the time that a connection takes.
    await client();
    expect(requests).toEqual([]);
    expect([early.received, late.received, early.ended]).toEqual(["", "", false]);
    proxy.thaw();
    await settled(() => expect([early.received, late.received]).toEqual(["<a>", "<b>"]));
  });

  it("refuses, and accepts again on the same port", async () => {
    const { port } = proxy;
    const present = await client();
    await proxy.refuse();
    await settled(() => expect(present.ended).toBe(true));
    await expect(client()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await proxy.accept();
    await proxy.accept();
    expect(proxy.port).toBe(port);
    const next = await client();
    next.socket.write("a");
    await settled(() => expect(next.received).toBe("<a>"));
  });

  it("drops connections and welcomes new ones", async () => {
    const present = await client();
    present.socket.write("a");
    await settled(() => expect(present.received).toBe("<a>"));
    proxy.dropConnections();
    await settled(() => expect(present.ended).toBe(true));
    expect(proxy.connections).toBe(0);
    const next = await client();
    next.socket.write("b");
    await settled(() => expect(next.received).toBe("<b>"));
  });

  it("delays replies, in order", async () => {
    const present = await client();
    proxy.delay(60);
    const sent = performance.now();
    present.socket.write("a");
    await settled(() => expect(proxy.delayed).toBe(1));
    proxy.delay(0);
    present.socket.write("b");
    await settled(() => expect(present.received).toBe("<a><b>"));
    expect(performance.now() - sent).toBeGreaterThan(50);
  });

  it("loses replies: the request ran, and the connection ends when replies are let through again", async () => {
    const present = await client();
    const untouched = await client();
    proxy.blackhole("replies");
    present.socket.write("a");
    await settled(() => expect(proxy.gapped).toBe(1));
    expect(requests).toEqual(["a"]);
    proxy.blackhole(null);
    await settled(() => expect(present.ended).toBe(true));
    expect(present.received).toBe("");
    untouched.socket.write("b");
    await settled(() => expect(untouched.received).toBe("<b>"));
  });

  it("loses requests", async () => {
    const present = await client();
    proxy.blackhole("requests");
    present.socket.write("a");
    proxy.blackhole("requests");
    const other = await client();
    other.socket.write("b");
    await settled(() => expect(proxy.gapped).toBe(2));
    proxy.blackhole(null);
    const next = await client();
    next.socket.write("c");
    await settled(() => expect(next.received).toBe("<c>"));
    expect(requests).toEqual(["c"]);
  });

  it("replaces replies by bytes or by a function of them, and resets who saw that", async () => {
    const [one, two] = [await client(), await client()];
    proxy.corruptReplies(Buffer.from("garbage"));
    one.socket.write("a");
    await settled(() => expect(one.received).toBe("garbage"));
    proxy.corruptReplies((chunk) => Buffer.from(chunk.toString().toUpperCase()));
    two.socket.write("b");
    await settled(() => expect(two.received).toBe("<B>"));
    proxy.corruptReplies(null);
    await settled(() => expect([one.ended, two.ended]).toEqual([true, true]));
  });

  it("ends a client's connection when the server is not there", async () => {
    server.close();
    const present = await client();
    await settled(() => expect(present.ended).toBe(true));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
});
