import { describe, expect, it } from "vitest";
import { readEpoch, readReplicas } from "../src/epoch.js";

const server = (runId: string) => `# Server\r\nredis_version:7.0.15\r\nrun_id:${runId}\r\ntcp_port:1\r\n`;
const replication = (id: string, role = "master") =>
  `# Replication\r\nrole:${role}\r\nmaster_failover_state:no-failover\r\nmaster_replid:${id}\r\nmaster_replid2:0000\r\n`;

describe("readEpoch", () => {
  it("is short, and the same for the same incarnation", () => {
    expect(readEpoch(server("a"), replication("b"))).toMatch(/^[\w-]{8}$/);
    expect(readEpoch(server("a"), replication("b"))).toBe(readEpoch(server("a"), replication("b")));
  });

  it("is another one for another process, and for another promotion of the same process", () => {
    const epochs = [
      readEpoch(server("a"), replication("b")),
      readEpoch(server("c"), replication("b")),
      readEpoch(server("a"), replication("d")),
    ];
    expect(new Set(epochs).size).toBe(3);
  });

  it.each([
    ["a replica", server("a"), replication("b", "slave"), "replica"],
    ["no run_id", "# Server\r\n", replication("b"), "INFO"],
    ["no replication id", server("a"), "role:master\r\n", "INFO"],
    ["no role", server("a"), "master_replid:b\r\n", "INFO"],
    ["no text", null, 7, "INFO"],
  ])("is none for %s", (_, serverInfo, replicationInfo, message) => {
    expect(() => readEpoch(serverInfo, replicationInfo)).toThrow(
      expect.objectContaining({ name: "UnfitServerError", message: expect.stringContaining(message) }),
    );
  });
});

describe("readReplicas", () => {
  const replica = (i: number, state: string, lag: number) =>
    `slave${i}:ip=127.0.0.1,port=${i},state=${state},offset=14,lag=${lag}\r\n`;

  it("counts those that are in step, and were heard within ten seconds", () => {
    const lines = [
      replica(0, "online", 0),
      replica(1, "wait_bgsave", 0),
      replica(2, "online", 10),
      replica(3, "online", 11),
    ];
    expect(readReplicas(`role:master\r\nconnected_slaves:4\r\n${lines.join("")}`)).toBe(2);
  });

  it.each(["role:master\r\nconnected_slaves:0\r\n", "", null])("counts none in %j", (info) => {
    expect(readReplicas(info)).toBe(0);
  });
});
