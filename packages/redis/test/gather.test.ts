import { expect, it } from "vitest";
import { gather, sendGathered } from "../src/gather.js";
import type { Commands } from "../src/client.js";

it("holds back what is sent in one tick, until its end", async () => {
  const log: string[] = [];
  const client = {
    call: async (command: string) => void log.push(command),
    stream: { cork: () => log.push("cork"), uncork: () => log.push("uncork") },
  } as unknown as Commands;
  const send = async (command: string) => {
    gather(client);
    await client.call(command, []);
  };
  await Promise.all([send("a"), send("b").then(() => send("c"))]);
  await new Promise(setImmediate);
  expect(log).toEqual(["cork", "a", "b", "c", "uncork"]);
  await send("d");
  await new Promise(setImmediate);
  expect(log.slice(5)).toEqual(["cork", "d", "uncork"]);
});

it("leaves before its end with what somebody waits for, and once", async () => {
  const log: string[] = [];
  const client = {
    stream: { cork: () => log.push("cork"), uncork: () => log.push("uncork") },
  } as unknown as Commands;
  sendGathered(client);
  expect(log).toEqual([]);
  gather(client);
  log.push("a");
  sendGathered(client);
  expect(log).toEqual(["cork", "a", "uncork"]);
  gather(client);
  await new Promise(setImmediate);
  expect(log.slice(3)).toEqual(["cork", "uncork"]);
});

it("leaves alone a client whose socket it does not know", () => {
  const client = { stream: null } as unknown as Commands;
  expect(() => [gather(client), sendGathered(client)]).not.toThrow();
});
