import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "@evercache/core";
import { expect, it } from "vitest";
import { admin, connect, eventually, LONG, server } from "./kit.js";

type Told = (string | null)[];

const waitFor = (store: Store, name: string, told: Told) =>
  store.acquire!(name, "waiter", LONG, (note) => void told.push(note));

it("nobody listens for messages before somebody waits", async () => {
  const running = await server();
  const store = await connect({ redis: running.url });
  const redis = admin(running);
  const told: Told = [];
  expect(await waitFor(store, "free", told)).toBe(0);
  expect(await redis.call("PUBSUB", ["CHANNELS", "*:freed:*"])).toEqual([]);
  await store.acquire!("taken", "holder", LONG);
  expect(await waitFor(store, "taken", told)).toBeGreaterThan(0);
  await eventually(async () => expect(await redis.call("PUBSUB", ["CHANNELS", "*:freed:*"])).toHaveLength(1));
  expect(told.filter((note) => note !== null)).toEqual([]);
});

it("who cannot be told is told so, once, and does not wait for the channel", async () => {
  const { host, port } = await server();
  const redis = admin({ port });
  await redis.call("ACL", ["SETUSER", "deaf", "on", ">secret", "~*", "&*", "+@all", "-subscribe"]);
  const store = await connect({ redis: { host, port, username: "deaf", password: "secret" } });
  await store.acquire!("taken", "holder", LONG);
  for (let i = 0; i < 3; i++) {
    const told: Told = [];
    expect(await waitFor(store, "taken", told)).toBeGreaterThan(0);
    expect(told).toEqual([]);
    await eventually(() => expect(told).toEqual([null]));
    await delay(5);
    expect(told).toEqual([null]);
  }
});
