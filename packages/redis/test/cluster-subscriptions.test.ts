import { expect, it } from "vitest";
import type { ClusterNodes } from "../src/cluster-nodes.js";
import { ClusterSubscriptions } from "../src/cluster-subscriptions.js";
import type { Server } from "../src/server.js";
import { keySlot } from "../src/slot.js";
import type { ChannelListener } from "../src/subscriptions.js";

const [A, B] = ["test:invalidated:{A}", "test:invalidated:{B}"];

/** A node of which the test says what is heard there. */
class Node {
  readonly channels = new Set<string>();
  readonly heard = new Set<string>();
  listener!: ChannelListener;
  isClosed = false;

  subscribe(listener: ChannelListener) {
    this.listener = listener;
    const [node, forget] = [this, (channel: string) => this.#forget(channel)];
    return {
      get listening() {
        return node.heard.size;
      },
      get size() {
        return node.channels.size;
      },
      listen: (channel: string) => void node.channels.add(channel),
      forget,
      close: async () => void (node.isClosed = true),
    };
  }

  /** The server confirms all channels. */
  confirm(moment: number): void {
    for (const channel of this.channels) this.heard.add(channel);
    this.listener.onListening([...this.channels]);
    this.listener.onHeard(moment);
  }

  lose(): void {
    const lost = [...this.heard];
    this.heard.clear();
    this.listener.onLost(lost, new Error("lost"));
  }

  #forget(channel: string): void {
    this.channels.delete(channel);
    if (this.heard.delete(channel)) this.listener.onLost([channel], new Error("forgotten"));
  }
}

function start(places: Record<string, Node>) {
  const owners = new Map(Object.entries(places).map(([channel, node]) => [keySlot(channel), node]));
  let changed = () => {};
  const nodes = {
    refreshes: 0,
    onChange(listener: () => void) {
      changed = listener;
      return () => {};
    },
    serverOf: (slot: number) => (owners.get(slot) ?? null) as unknown as Server | null,
    refresh: () => void nodes.refreshes++,
  };
  const told: unknown[] = [];
  const subscriptions = new ClusterSubscriptions(
    nodes as unknown as ClusterNodes,
    {
      onListening: (channels) => told.push(["listening", ...channels]),
      onMessage: (channel, message) => told.push(["message", channel, message]),
      onLost: (channels) => told.push(["lost", ...channels]),
      onHeard: (moment) => told.push(["heard", moment]),
    },
    50,
  );
  return {
    nodes,
    subscriptions,
    told: () => told.splice(0),
    move: (channel: string, node: Node | null) => {
      if (node) owners.set(keySlot(channel), node);
      else owners.delete(keySlot(channel));
      changed();
    },
  };
}

it("what was heard is what was heard at all nodes that have channels", () => {
  const [one, other] = [new Node(), new Node()];
  const { subscriptions, told, nodes } = start({ [A]: one, [B]: other });
  subscriptions.listen(A);
  subscriptions.listen(B);
  one.confirm(10);
  expect(told()).toEqual([
    ["listening", A],
    ["heard", 10],
  ]);
  other.confirm(5);
  expect(told()).toEqual([["listening", B]]);
  one.listener.onHeard(30);
  expect(told()).toEqual([]);
  other.listener.onHeard(20);
  other.listener.onHeard(40);
  expect(told()).toEqual([
    ["heard", 20],
    ["heard", 30],
  ]);
  // One that is lost keeps nobody from hearing of the rest; and what it heard before counts for nothing when it is back.
  other.lose();
  expect(nodes.refreshes).toBe(1);
  one.listener.onHeard(50);
  other.confirm(45);
  one.listener.onHeard(60);
  other.listener.onHeard(55);
  expect(told()).toEqual([
    ["lost", B],
    ["heard", 50],
    ["listening", B],
    ["heard", 55],
  ]);
});

it("a channel is lost at once when another node serves its slot, though the old one says nothing", async () => {
  const [one, other] = [new Node(), new Node()];
  const { subscriptions, told, move } = start({ [A]: one, [B]: one });
  subscriptions.listen(A);
  subscriptions.listen(B);
  one.confirm(10);
  told();
  move(A, other);
  expect(told()).toEqual([["lost", A]]);
  expect([...one.channels, ...other.channels]).toEqual([B, A]);
  other.confirm(20);
  expect(told()).toEqual([["listening", A]]);
  move(B, null);
  expect(told()).toEqual([["lost", B]]);
  expect([one.isClosed, other.isClosed]).toEqual([true, false]);
  const third = new Node();
  move(B, third);
  third.confirm(30);
  expect(told()).toEqual([
    ["listening", B],
    ["heard", 20],
  ]);
  await subscriptions.close();
  expect([other.isClosed, third.isClosed]).toEqual([true, true]);
  subscriptions.listen("test:invalidated:{C}");
  move(A, one);
  expect(told()).toEqual([]);
});
