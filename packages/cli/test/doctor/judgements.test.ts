import { describe, expect, it } from "vitest";
import { judgeClock } from "../../src/doctor/judge/clock.js";
import { judgeEncryption } from "../../src/doctor/judge/connection.js";
import { judgeLatency } from "../../src/doctor/judge/latency.js";
import { judgeMemory } from "../../src/doctor/judge/memory.js";
import { judgeNamespace } from "../../src/doctor/judge/namespace.js";
import { judgePersistence } from "../../src/doctor/judge/persistence.js";
import { judgeReplication, type ReplicationFacts } from "../../src/doctor/judge/replication.js";
import { judgeServer } from "../../src/doctor/judge/server.js";
import { judgeTimeouts } from "../../src/doctor/judge/timeouts.js";
import { percentile } from "../../src/percentile.js";
import { judgeWrite } from "../../src/doctor/judge/write.js";
import { brief, info } from "./kit.js";

describe("a server", () => {
  const fine = { redis_version: "7.2.4", run_id: "a", master_replid: "b", role: "master", redis_mode: "standalone" };
  it.each([
    ["Redis 7", {}, ["server: ok"]],
    ["Valkey, whose redis_version is for old clients", { valkey_version: "8.1.0" }, ["server: ok"]],
    ["Redis 6", { redis_version: "6.2.14" }, ["server: error"]],
    ["Dragonfly", { dragonfly_version: "df-v1.2", run_id: "" }, ["server: error", "incarnation: error"]],
    ["a replica", { role: "slave" }, ["role: error"]],
    ["one that hides which one it is", { run_id: "", master_replid: "" }, ["incarnation: error"]],
    ["a node of a Cluster", { redis_mode: "cluster" }, ["mode: error"]],
  ])("%s", (_, fields, expected) => {
    const facts = { info: info({ ...fine, ...fields }), otherRunId: undefined, isSingle: true };
    expect(brief(judgeServer(facts))).toEqual(expected);
  });

  it("is two behind a load balancer", () => {
    expect(brief(judgeServer({ info: info(fine), otherRunId: "c", isSingle: true }))).toEqual(["proxy: error"]);
    expect(brief(judgeServer({ info: info(fine), otherRunId: "a", isSingle: true }))).toEqual(["server: ok"]);
  });
});

describe("memory", () => {
  const judge = (policy: string, used: number, limit = 1000, more = {}) =>
    brief(judgeMemory({ info: info({ maxmemory_policy: policy, used_memory: used, maxmemory: limit, ...more }) }));

  it.each([
    ["allkeys-lru", "ok"],
    ["allkeys-lfu", "ok"],
    ["volatile-lru", "ok"],
    ["volatile-lfu", "ok"],
    ["noeviction", "note"],
    ["allkeys-random", "warning"],
    ["volatile-random", "warning"],
    ["volatile-ttl", "error"],
    ["some-new-one", "note"],
  ])("policy %s is %s", (policy, severity) => {
    expect(judge(policy, 500)).toEqual([`memory-policy: ${severity}`, "memory-use: ok"]);
  });

  it("without eviction ends when it is full", () => {
    expect(judge("noeviction", 899)[1]).toBe("memory-use: ok");
    expect(judge("noeviction", 900)[1]).toBe("memory-use: warning");
    expect(judge("noeviction", 1000)[1]).toBe("memory-use: error");
    expect(judge("allkeys-lru", 1000)[1]).toBe("memory-use: ok");
  });

  it("without a limit is the machine's", () => {
    expect(judge("allkeys-lru", 10, 0)[1]).toBe("memory-use: warning");
  });

  it("is judged fragmented only where there is some", () => {
    const fragmented = { mem_fragmentation_ratio: 2 };
    expect(judge("allkeys-lru", 1000, 2000, fragmented)).toHaveLength(2);
    expect(judge("allkeys-lru", 2e8, 4e8, fragmented)[2]).toBe("memory-fragmentation: note");
  });

  it("may be a service's secret", () => {
    expect(brief(judgeMemory({ info: info({}) }))).toEqual(["memory-policy: note"]);
  });
});

it.each([
  [{ rdb_last_bgsave_status: "ok", aof_enabled: 0 }, undefined, "ok"],
  [{ rdb_last_bgsave_status: "ok", aof_enabled: 1 }, "everysec", "ok"],
  [{ rdb_last_bgsave_status: "ok", aof_enabled: 1 }, "always", "warning"],
  [{ rdb_last_bgsave_status: "err", aof_enabled: 0 }, undefined, "warning"],
  [{ rdb_last_bgsave_status: "ok", aof_enabled: 1, aof_last_write_status: "err" }, undefined, "warning"],
  [{ loading: 1, rdb_last_bgsave_status: "ok" }, undefined, "error"],
  [{}, undefined, "note"],
])("persistence %j with appendfsync %s is %s", (fields, appendfsync, severity) => {
  expect(brief(judgePersistence({ info: info(fields), appendfsync }))).toEqual([`persistence: ${severity}`]);
});

describe("replication", () => {
  const good = { name: "a:1", state: "online", lag: 0 };
  const judge = (facts: Partial<ReplicationFacts>) =>
    brief(judgeReplication({ consistency: "bounded", replicas: [], minReplicas: 0, waited: undefined, ...facts }));
  const waited = (replicas: number) => ({ replicas, milliseconds: 1, timeout: 200 });

  it("is not needed, but for strict", () => {
    expect(judge({})).toEqual(["replicas: ok"]);
    expect(judge({ consistency: "strict" })).toEqual(["replicas: warning"]);
  });

  it("is fine where a replica acknowledges and fewer do not do", () => {
    expect(judge({ replicas: [good], minReplicas: 1, waited: waited(1) })).toEqual(["replicas: ok", "wait: ok"]);
    expect(judge({ replicas: [good], minReplicas: 0, waited: waited(1) })).toContain("min-replicas: note");
    expect(judge({ replicas: [good], minReplicas: 2, waited: waited(1) })).toContain("min-replicas: error");
  });

  it("is worse for strict where no replica acknowledges", () => {
    const facts = { replicas: [good], minReplicas: 1, waited: waited(0) };
    expect(judge(facts)).toEqual(["replicas: ok", "wait: warning"]);
    expect(judge({ ...facts, consistency: "strict" })).toEqual(["replicas: ok", "wait: error"]);
  });

  it("sees replicas that lag, or are not there yet", () => {
    expect(judge({ replicas: [{ ...good, lag: 11 }] })).toContain("replicas: warning");
    expect(judge({ replicas: [{ ...good, state: "wait_bgsave" }], minReplicas: 1 })).toEqual([
      "replicas: warning",
      "min-replicas: error",
    ]);
  });
});

describe("latency", () => {
  it.each([
    [1, "ok"],
    [6, "note"],
    [30, "warning"],
    [50, "error"],
  ])("of %i ms is %s at a deadline of 50 ms", (ping, severity) => {
    expect(brief(judgeLatency({ pings: [ping, ping], deadline: 50 }))).toEqual([`latency: ${severity}`]);
  });

  it("is judged by what is usual, and by what is nearly always kept", () => {
    const pings = [...Array<number>(90).fill(1), ...Array<number>(10).fill(40)];
    expect(brief(judgeLatency({ pings, deadline: 50 }))).toEqual(["latency: warning"]);
    expect([0.5, 0.95, 1].map((share) => percentile([1, 2, 3, 4], share))).toEqual([2, 4, 4]);
  });
});

describe("advice", () => {
  it.each(["MISCONF no disk", "OOM command not allowed"])("on %s spares the other data of the server", (refusal) => {
    expect(judgeWrite(refusal)).toMatchObject([
      { advice: expect.stringMatching(/Where nothing but caches is in it|where other data must stay/) as string },
    ]);
  });

  it("on time-outs never is to have none", () => {
    const database = { provider: "postgresql", statement: 0, lock: 0, clientCheck: 0, idleInTransaction: 0 } as const;
    const judged = (lease: number) =>
      judgeTimeouts({ lease, ambiguousLease: lease, transaction: 1, database }).map((each) => JSON.stringify(each));
    expect(judged(1_000).join()).toMatch(/lock_timeout = '500ms'.*idle_in_transaction_session_timeout = '500ms'/);
    expect(judged(20_000).join()).toMatch(/lock_timeout = '10s'.*idle_in_transaction_session_timeout = '10s'/);
  });
});

it.each([
  ["localhost", 0],
  ["redis", 0],
  ["10.1.2.3", 0],
  ["[::1]", 0],
  ["[fd00::1]", 0],
  ["cache.internal", 0],
  ["8.8.8.8", 1],
  ["[2001:db8::1]", 1],
  ["fcache.example.com", 1],
])("a connection to %s without TLS has %i findings", (host, count) => {
  expect(judgeEncryption([host], false)).toHaveLength(count);
  expect(judgeEncryption([host], true)).toEqual([]);
});

it.each([
  [400, 1, "ok"],
  [1_500, 600, "ok"],
  [-1_500, 1, "warning"],
  [30_000, 1, "warning"],
  [-61_000, 500, "error"],
])("a clock that is off by %i ms, to within %i ms, is %s", (offset, uncertainty, severity) => {
  expect(brief(judgeClock({ offset, uncertainty }))).toEqual([`clock: ${severity}`]);
});

it("says which clock is behind", () => {
  expect(judgeClock({ offset: 5_000, uncertainty: 1 })).toMatchObject([
    { found: expect.stringMatching(/^This machine's clock is 5 s behind/) },
  ]);
  expect(judgeClock({ offset: -5_000, uncertainty: 1 })).toMatchObject([
    { found: expect.stringMatching(/^This machine's clock is 5 s ahead of/) },
  ]);
});

describe("a namespace", () => {
  const fresh = 400 * 86_400_000 - 1_000;
  const claimed = (facts: object, remaining = fresh) => ({ value: JSON.stringify(facts), remaining });
  const shop = { provider: "postgresql", server: "1", database: "shop" };
  const judge = (claim: { value: string; remaining: number } | null | undefined, mine?: object) =>
    brief(judgeNamespace({ namespace: "shop", claim, mine }));

  it("is free, or one's own", () => {
    expect(judge(null)).toEqual(["namespace: ok"]);
    expect(judge(claimed(shop))).toEqual(["namespace: ok"]);
    expect(judge(claimed(shop), shop)).toEqual(["namespace: ok"]);
    expect(judge(claimed(shop), { provider: "postgresql" })).toEqual(["namespace: ok"]);
  });

  it.each([
    [{ provider: "mysql" }, "provider"],
    [{ ...shop, server: "2" }, "server"],
    [{ ...shop, database: "other" }, "database"],
  ])("of another database (%j) is an error", (mine, difference) => {
    expect(judge(claimed(shop), mine)).toEqual(["namespace: error"]);
    const findings = judgeNamespace({ namespace: "shop", claim: claimed(shop), mine });
    expect(findings).toMatchObject([{ found: expect.stringContaining(`this application has another ${difference}`) }]);
  });

  it("is free again once its clients are silent", () => {
    expect(judge(claimed(shop, fresh - 600_000), { provider: "mysql" })).toEqual(["namespace: warning"]);
  });

  it("with a databaseId is compared by that alone", () => {
    expect(judge(claimed({ id: "a" }), shop)).toEqual(["namespace: ok"]);
    expect(judge(claimed({ id: "a" }), { id: "b" })).toEqual(["namespace: error"]);
  });

  it("of CockroachDB may be that of a URL of PostgreSQL", () => {
    const roach = { provider: "cockroachdb", database: "shop" };
    expect(judge(claimed(roach), { provider: "postgresql", database: "shop" })).toEqual(["namespace: ok"]);
    expect(judge(claimed(roach), { provider: "postgresql", database: "other" })).toEqual(["namespace: error"]);
    expect(judge(claimed(roach), { provider: "mysql", database: "shop" })).toEqual(["namespace: error"]);
  });

  it("is used by something else", () => {
    expect(judge({ value: "1234", remaining: fresh })).toEqual(["namespace: error"]);
  });
});

describe("time-outs", () => {
  const times = { lease: 10_000, ambiguousLease: 60_000, transaction: 5_000, database: undefined };
  const database = {
    provider: "postgresql",
    statement: 0,
    lock: 0,
    clientCheck: 0,
    idleInTransaction: 0,
  } as const;

  it("of transactions are below the lease", () => {
    expect(brief(judgeTimeouts(times))).toEqual(["lease-transaction: ok"]);
    expect(brief(judgeTimeouts({ ...times, transaction: 10_000 }))).toEqual(["lease-transaction: warning"]);
  });

  it.each([
    [{}, "lease-database: warning"],
    [{ lock: 5_000 }, "lease-database: ok"],
    [{ statement: 30_000 }, "lease-database: warning"],
    [{ statement: 30_000, clientCheck: 1_000 }, "lease-database: ok"],
    [{ idleInTransaction: 30_000 }, "ambiguous-lease: ok"],
    [{ idleInTransaction: 90_000 }, "ambiguous-lease: note"],
  ])("of a database with %j: %s", (limits, expected) => {
    expect(brief(judgeTimeouts({ ...times, database: { ...database, ...limits } }))).toContain(expected);
  });
});
