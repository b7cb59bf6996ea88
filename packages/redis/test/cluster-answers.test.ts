import { describe, expect, it } from "vitest";
import { readView } from "../src/cluster-view.js";
import { readRedirection } from "../src/redirection.js";

const asked = { host: "asked", port: 1 };
const NODES =
  "aaa 10.0.0.1:6379@16379,name.example myself,master - 0 0 7 connected 0-5460 [93-<-bbb]\n" +
  "bbb 10.0.0.2:6379@16379 slave aaa 0 1 5 connected\n";

describe("readView", () => {
  const ranges = (primary: unknown) => readView([[0, 5460, primary]], NODES, asked).ranges;

  it("tells the owner of each range, and the config epochs of all nodes", () => {
    const {
      epochs,
      ranges: [range],
    } = readView([[0, 5460, ["10.0.0.1", 6379, "aaa", []]]], NODES, asked);
    expect(Object.fromEntries(epochs)).toEqual({ aaa: 7, bbb: 5 });
    expect(range).toEqual({ first: 0, last: 5460, owner: "aaa", address: { host: "10.0.0.1", port: 6379 } });
  });

  it.each([
    ["a name", ["name.example", 6379, "aaa", ["ip", "10.0.0.1"]], "name.example"],
    ["null: the host that was asked", [null, 6379, "aaa", ["ip", "10.0.0.1"]], "asked"],
    ["nothing: the host that was asked", ["", 6379, "aaa", []], "asked"],
    ["a name that nobody gave", ["?", 6379, "aaa", ["ip", "10.0.0.1"]], "10.0.0.1"],
    ["a name that nobody gave, and no IP", ["?", 6379, "aaa"], "asked"],
  ])("takes for the host %s", (_, primary, host) => {
    expect(ranges(primary)[0]?.address.host).toBe(host);
  });

  it.each([
    ["no slots", "OK", NODES],
    ["no nodes", [], null],
    ["an owner without a name", [[0, 1, ["10.0.0.1", 6379]]], NODES],
    ["a range that is none", [7], NODES],
  ])("makes nothing of %s", (_, slots, nodes) => {
    expect(() => readView(slots, nodes, asked)).toThrow(expect.objectContaining({ name: "UnfitServerError" }));
  });
});

describe("readRedirection", () => {
  const reply = (message: string) => Object.assign(new Error(message), { name: "ReplyError" });

  it.each([
    ["MOVED 3999 127.0.0.1:6381", { kind: "moved", address: { host: "127.0.0.1", port: 6381 } }],
    ["MOVED 3999 :6381", { kind: "moved", address: { host: "asked", port: 6381 } }],
    ["MOVED 3999 ?:6381", { kind: "moved", address: { host: "asked", port: 6381 } }],
    ["ASK 3999 ::1:6381", { kind: "ask", address: { host: "::1", port: 6381 } }],
    ["TRYAGAIN Multiple keys request during rehashing of slot", { kind: "divided" }],
    ["CLUSTERDOWN The cluster is down", { kind: "down" }],
    ["MOVEDON", null],
    ["READONLY You can't write against a read only replica.", null],
  ])("reads %s", (message, expected) => {
    expect(readRedirection(reply(message), asked)).toEqual(expected);
  });

  it("reads nothing in what no server said", () => {
    expect(readRedirection(new Error("MOVED 1 a:1"), asked)).toBeNull();
    expect(readRedirection("MOVED 1 a:1", asked)).toBeNull();
  });
});
