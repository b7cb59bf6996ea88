import { describe, expect, it } from "vitest";
import { providerOf } from "../../src/doctor/gather/database.js";
import { refusalOf } from "../../src/doctor/gather/permissions.js";
import { describeSchema } from "../../src/doctor/gather/schema.js";
import { judgeChannel } from "../../src/doctor/judge/channel.js";
import { judgeCluster } from "../../src/doctor/judge/cluster.js";
import { judgeEncryption, judgeFailure } from "../../src/doctor/judge/connection.js";
import { judgeSchema } from "../../src/doctor/judge/schema.js";
import { judgeSentinels } from "../../src/doctor/judge/sentinels.js";
import { judgeWrite } from "../../src/doctor/judge/write.js";
import { judgePermissions, type Need, type Permission } from "../../src/doctor/judge/permissions.js";
import { brief, info } from "./kit.js";

describe("permissions", () => {
  const need = (command: string, importance: Need["importance"]) => ({ command, importance, purpose: command });
  const judge = (...permissions: Permission[]) => judgePermissions({ permissions, user: "me", namespace: "shop" });
  const set = need("set", "required");
  const strlen = need("strlen", "feature");
  const load = need("script|load", "convenience");

  it("are as bad to lack as what they are for", () => {
    expect(brief(judge({ need: set, outcome: "allowed" }))).toEqual(["permissions: ok"]);
    expect(brief(judge({ need: set, outcome: "command" }))).toEqual(["permissions: error"]);
    expect(brief(judge({ need: strlen, outcome: "command" }))).toEqual(["permissions-besides: warning"]);
    expect(brief(judge({ need: load, outcome: "command" }))).toEqual(["permissions-besides: note"]);
    expect(brief(judge({ need: set, outcome: "unknown" }))).toEqual(["commands: error"]);
    expect(brief(judge({ need: strlen, outcome: "unknown" }))).toEqual(["commands: warning"]);
  });

  it("are granted by one line", () => {
    const [finding] = judge(
      { need: set, outcome: "command" },
      { need: need("mget", "required"), outcome: "key" },
      { need: need("publish", "required"), outcome: "channel" },
    );
    expect(finding).toMatchObject({
      found: "The user me may not use the keys shop:*, and may not use the channels shop:*, and may not run SET.",
      advice: "Grant it: ACL SETUSER me +set ~shop:* &shop:*",
    });
  });

  it("of messages are granted with their channels", () => {
    expect(judge({ need: need("publish", "required"), outcome: "command" })).toMatchObject([
      { advice: "Grant it: ACL SETUSER me +publish &shop:*" },
    ]);
  });

  it("of keys are asked for once", () => {
    expect(brief(judge({ need: set, outcome: "key" }, { need: strlen, outcome: "key" }))).toEqual([
      "permissions: error",
    ]);
  });
});

it.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", ["write: error"]],
  ["MISCONF Redis is configured to save RDB snapshots", ["write: error"]],
  ["NOREPLICAS Not enough good replicas to write.", ["write: error"]],
  ["READONLY You can't write against a read only replica.", ["write: error"]],
  ["ERR something else", ["write: error"]],
  ["NOPERM this user has no permissions", []],
  [undefined, ["write: ok"]],
])("a write that is answered %s", (refusal, expected) => {
  expect(brief(judgeWrite(refusal))).toEqual(expected);
});

it.each([
  ["NOPERM User bob has no permissions to run the 'set' command", "command"],
  ["NOPERM this user has no permissions to run the 'set' command", "command"],
  ["NOPERM User bob has no permissions to run the 'client|setname' command", "command"],
  ["NOPERM No permissions to access a key", "key"],
  ["NOPERM this user has no permissions to access one of the keys used as arguments", "key"],
  ["NOPERM User bob has no permissions to access the 'shop:x' channel", "channel"],
  ["NOPERM this user has no permissions to access one of the channels used as arguments", "channel"],
  ["ERR unknown command 'pexpiretime', with args beginning with: 'x'", "unknown"],
  ["MOVED 1 127.0.0.1:6379", "allowed"],
  ["NOSCRIPT No matching script.", "allowed"],
])("%s is a refusal of: %s", (message, outcome) => {
  expect(refusalOf(message)).toBe(outcome);
});

it.each([
  ["connect ECONNREFUSED 127.0.0.1:1", /Nothing listens there/],
  ["getaddrinfo ENOTFOUND nowhere", /no host of this name/],
  ["NOAUTH Authentication required.", /Write user and password/],
  ["WRONGPASS invalid username-password pair", /Look at user and password/],
  ["self-signed certificate", /--tls-ca/],
  ["write EPROTO wrong version number", /does not speak TLS/],
  ["ERR This instance has cluster support disabled", /Leave --cluster out/],
  ["Connection is closed.", /It may want TLS/],
  ["connect ETIMEDOUT", /firewalls/],
])("%s is advised on", (message, advice) => {
  expect(judgeFailure("redis://x", new Error(message))).toMatchObject({
    id: "connection",
    severity: "error",
    advice: expect.stringMatching(advice),
  });
});

it("calls a connection through the open what it is", () => {
  expect(brief(judgeEncryption(["cache.example.com"], false))).toEqual(["tls: note"]);
  expect(judgeEncryption(["cache.example.com"], true)).toEqual([]);
  expect(judgeEncryption(["localhost", "127.0.0.1", "10.1.2.3", "172.20.0.1", "redis", "a.internal"], false)).toEqual(
    [],
  );
});

it("judges messages, Clusters, sentinels and schemas", () => {
  expect(brief(judgeChannel(3))).toEqual(["channel: ok"]);
  expect(brief(judgeChannel(null))).toEqual(["channel: warning"]);
  expect(judgeChannel(undefined)).toEqual([]);

  const whole = info({ cluster_state: "ok", cluster_slots_ok: 16_384 });
  expect(brief(judgeCluster({ info: whole, primaries: 3, nodeTimeout: 15_000 }))).toEqual(["cluster: ok"]);
  expect(brief(judgeCluster({ info: whole, primaries: 3, nodeTimeout: 500 }))).toContain("failover-time: warning");
  const broken = info({ cluster_state: "fail", cluster_slots_ok: 10_000 });
  expect(brief(judgeCluster({ info: broken, primaries: 3, nodeTimeout: undefined }))).toEqual(["cluster: error"]);

  const named = (...failures: (string | undefined)[]) =>
    failures.map((failure, i) => ({ address: `s${i}:1`, failure }));
  const judge = (...failures: (string | undefined)[]) =>
    brief(judgeSentinels({ named: named(...failures), known: 3, downAfter: 5_000 }));
  expect(judge(undefined, undefined)).toEqual(["sentinels: ok"]);
  expect(judge(undefined)).toEqual(["sentinels: warning"]);
  expect(judge(undefined, "away", undefined)).toEqual(["sentinels: warning"]);

  const schema = (provider: string) =>
    `// model No {\ndatasource db {\n  provider = "${provider}"\n}\nmodel A {\n id Int @id\n}`;
  expect(describeSchema("s", schema("sqlite"))).toEqual({ file: "s", provider: "sqlite", models: 1 });
  expect(brief(judgeSchema(describeSchema("s", schema("sqlite"))))).toEqual(["schema: ok"]);
  expect(brief(judgeSchema(describeSchema("s", schema("mongodb"))))).toEqual(["schema: error"]);
  expect(brief(judgeSchema(describeSchema("s", "")))).toEqual(["schema: error"]);
});

it("knows databases by their URLs", () => {
  expect(["postgres://a/b", "mysql://a/b", "mariadb://a/b", "file:./a.db"].map(providerOf)).toEqual([
    "postgresql",
    "mysql",
    "mysql",
    "sqlite",
  ]);
  expect(() => providerOf("mongodb://a/b")).toThrow(/--database-url: write a URL/);
});
