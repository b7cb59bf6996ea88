import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import { createFaultProxy } from "@evercache/testing";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { freePort, scratchFolder } from "../setup/child-server.js";
import { infoField, untilTrue } from "../setup/redis-admin.js";
import { startRedisCluster } from "../setup/redis-cluster.js";
import { makeCertificates } from "../setup/redis-tls.js";
import { startRedisSentinels } from "../setup/redis-sentinel.js";
import { admin, afterwards, doctor, doctorOf, evercache, server } from "./kit.js";

const error = (found: RegExp) => expect.objectContaining({ severity: "error", found: expect.stringMatching(found) });
const warning = (found: RegExp) =>
  expect.objectContaining({ severity: "warning", found: expect.stringMatching(found) });

it("has nothing against a server as the docs want it, and leaves nothing there", async () => {
  const { url, port } = await server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");
  // The machine may be busy: then the latency is what it is.
  const { code, passed, findings } = await doctor(["--redis", url, "--strict", "--deadline", "10s"]);
  expect(findings.filter(({ id, severity }) => severity !== "ok" && id !== "latency")).toEqual([]);
  expect({ code, passed }).toEqual({ code: 0, passed: true });
  expect(findings.length).toBeGreaterThan(9);
  expect(await admin({ port }).keys("*")).toEqual([]);
});

it("fails on errors, and on warnings where it is told to", async () => {
  const { url } = await server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-random");
  const kept = await doctor(["--redis", url]);
  expect(kept.find("memory-policy")).toEqual(warning(/allkeys-random/));
  expect([kept.code, kept.passed]).toEqual([0, true]);
  const strict = await doctor(["--redis", url, "--strict"]);
  expect([strict.code, strict.passed]).toEqual([1, false]);
});

it("finds a policy that evicts locks first", async () => {
  const { url } = await server("--maxmemory", "100mb", "--maxmemory-policy", "volatile-ttl");
  const { code, find } = await doctor(["--redis", url]);
  expect(find("memory-policy")).toEqual(error(/volatile-ttl/));
  expect(code).toBe(1);
});

it("finds memory full where nothing is evicted", async () => {
  const started = await server("--maxmemory", "3mb", "--maxmemory-policy", "noeviction");
  const redis = admin(started);
  for (const size of [50_000, 1_000, 1]) {
    const fill = async () => {
      for (let i = 0; ; i++) await redis.set(`other:${size}:${i}`, "x".repeat(size));
    };
    await expect(fill()).rejects.toThrow(/OOM/);
  }
  const { code, find } = await doctor(["--redis", started.url]);
  expect(find("write")).toEqual(error(/OOM/));
  expect(find("memory-use")?.severity).toMatch(/^(?:error|warning)$/);
  expect(find("memory-policy")).toMatchObject({ severity: "note" });
  expect(code).toBe(1);
});

it("finds a disk that cannot be written to", async () => {
  const started = await server("--dbfilename", "taken.rdb");
  const redis = admin(started);
  const [, folder] = (await redis.config("GET", "dir")) as [string, string];
  mkdirSync(path.join(folder, "taken.rdb", "by-a-folder"), { recursive: true });
  await redis.config("SET", "save", "3600 1");
  await redis.bgsave();
  await untilTrue(
    async () => infoField(await redis.info("persistence"), "rdb_last_bgsave_status") === "err",
    "writing to disk has failed",
  );
  const { find } = await doctor(["--redis", started.url]);
  expect(find("persistence")).toEqual(warning(/failed/));
  expect(find("write")).toEqual(error(/MISCONF/));
});

it("finds a replica that acknowledges, and one that does not", { timeout: 60_000 }, async () => {
  const primary = await server();
  const replica = await server("--replicaof", "127.0.0.1", String(primary.port));
  const redis = admin(primary);
  const acknowledges = async () => {
    await redis.set("other", "written");
    return (await redis.wait(1, 500)) === 1;
  };
  await untilTrue(acknowledges, "the replica acknowledges");
  // The machine may be busy.
  const patient = ["--write-deadline", "10s"];
  const before = await doctor(["--redis", primary.url, "--consistency", "strict", ...patient]);
  expect(before.find("wait")).toMatchObject({ severity: "ok" });
  expect(before.find("min-replicas")).toMatchObject({ severity: "note" });

  await replica.pause();
  const bounded = await doctor(["--redis", primary.url]);
  expect(bounded.find("wait")).toEqual(warning(/No replica acknowledged/));
  const strict = await doctor(["--redis", primary.url, "--consistency", "strict"]);
  expect(strict.find("wait")).toEqual(error(/No replica acknowledged/));
  await replica.resume();

  expect((await doctor(["--redis", replica.url])).find("role")).toEqual(error(/is a replica/));
});

it("finds fewer replicas than the server needs to write, and none at strict", async () => {
  const { url } = await server("--min-replicas-to-write", "1");
  const { find } = await doctor(["--redis", url, "--consistency", "strict"]);
  expect(find("replicas")).toEqual(warning(/no replicas, and consistency is strict/));
  expect(find("min-replicas")).toEqual(error(/min-replicas-to-write is 1, and 0 replicas/));
  expect(find("write")).toEqual(error(/NOREPLICAS/));
});

it("finds a slow link", async () => {
  const { port } = await server();
  const proxy = await createFaultProxy({ target: { port } });
  afterwards(() => proxy.close());
  const url = `redis://127.0.0.1:${proxy.port}`;
  proxy.delay(60);
  expect((await doctor(["--redis", url])).find("latency")).toEqual(error(/^PING takes \d+ ms/));
  expect((await doctor(["--redis", url, "--deadline", "118ms"])).find("latency")).toEqual(warning(/PING takes/));
});

it("finds a server that hides which one it is, and a proxy before two", async () => {
  const [one, two] = [await server(), await server()];
  const hiding = await createFaultProxy({ target: { port: one.port } });
  afterwards(() => hiding.close());
  hiding.corruptReplies((chunk) => Buffer.from(chunk.toString("latin1").replace("\nrun_id:", "\nxxx_id:"), "latin1"));
  const hidden = await doctor(["--redis", `redis://127.0.0.1:${hiding.port}`]);
  expect(hidden.find("incarnation")).toEqual(error(/does not tell run_id/));

  // Takes turns, as a load balancer does.
  let turn = 0;
  const balancer = createServer((client) => {
    const target = connect([one, two][turn++ % 2]!.port, "127.0.0.1");
    client.pipe(target).pipe(client);
    for (const socket of [client, target]) socket.on("error", () => client.destroy() && target.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => balancer.listen(port, "127.0.0.1", resolve));
  afterwards(() => void balancer.close());
  expect((await doctor(["--redis", `redis://127.0.0.1:${port}`])).find("proxy")).toEqual(
    error(/answered by two servers/),
  );
});

it("finds what a user may not do, and the line that it prints grants it", async () => {
  const started = await server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");
  const redis = admin(started);
  const may = ["+ping", "+info", "+mget", "+set", "+del", "+pttl", "+evalsha", "+time"];
  await redis.call("ACL", ["SETUSER", "shopper", "on", ">secret", "resetchannels", "resetkeys", "-@all", ...may]);
  const url = started.url.replace("//", "//shopper:secret@");
  const argv = ["--redis", url, "--namespace", "shop"];

  const before = await doctor(argv);
  expect(before.find("permissions")).toEqual(error(/The user shopper may not use the keys shop:\*/));
  expect(before.code).toBe(1);
  // Keys hide what stands behind them: as often as the server names something new.
  const granted: string[] = [];
  for (let diagnosis = before; ; diagnosis = await doctor(argv)) {
    const lines = diagnosis.findings.flatMap((finding) =>
      "advice" in finding ? (finding.advice.match(/ACL SETUSER.*$/) ?? []) : [],
    );
    if (lines.length === 0) break;
    granted.push(...lines);
    expect(granted.length).toBeLessThan(8);
    for (const line of lines) await redis.call("ACL", line.split(" ").slice(1));
  }
  const rules = [...new Set(granted.flatMap((line) => line.split(" ").slice(3)))].sort();
  expect(rules).toEqual(
    ["&shop:*", "+client|setname", "+eval", "+getrange", "+pexpire", "+pexpiretime", "+publish"].concat([
      "+script|load",
      "+setrange",
      "+strlen",
      "+subscribe",
      "~shop:*",
    ]),
  );
  expect((await doctor([...argv, "--strict", "--deadline", "10s"])).code).toBe(0);
});

it("is satisfied with the user of the docs", async () => {
  const docs = readFileSync(new URL("../../docs/redis.md", import.meta.url), "utf8");
  const [, rules] = /^ACL (SETUSER .*)$/m.exec(docs)!;
  const started = await server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");
  await admin(started).call("ACL", rules!.split(" "));
  const url = started.url.replace("//", "//evercache:secret@");
  const argv = ["--redis", url, "--namespace", "shop", "--strict", "--deadline", "10s"];
  const { code, findings } = await doctor(argv);
  expect(code).toBe(0);
  expect(findings.filter(({ id, severity }) => severity !== "ok" && id !== "latency")).toEqual([
    expect.objectContaining({
      id: "permissions-besides",
      severity: "note",
      found: expect.stringMatching(/CLIENT SETNAME/),
    }),
  ]);
});

it("finds a clock that is behind", async () => {
  const { url } = await server();
  const behind = "data:text/javascript,const now = Date.now; Date.now = () => now() - 90000;";
  expect(doctorOf(await evercache(["doctor", "--json", "--redis", url], { imports: [behind] })).find("clock")).toEqual(
    error(/is (?:89|90)(?:\.\d)? s behind/),
  );
});

it("finds nobody at home", async () => {
  const port = await freePort();
  const { code, findings } = await doctor(["--redis", `redis://127.0.0.1:${port}`]);
  expect(code).toBe(3);
  expect(findings).toEqual([
    {
      id: "connection",
      severity: "error",
      found: `Redis at redis://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
      why: expect.any(String),
      advice: expect.stringContaining("Nothing listens there"),
    },
  ]);
});

it("does not wait for ever for a frozen server, nor tells its password", async () => {
  const started = await server();
  await started.pause();
  const { code, findings } = await doctor(["--redis", started.url.replace("//", "//someone:hunter2@")]);
  expect(code).toBe(3);
  expect(findings).toEqual([expect.objectContaining({ id: "connection", found: expect.stringMatching(/timed out/) })]);
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});

it("is ended by Ctrl+C", async () => {
  const { port } = await server();
  const proxy = await createFaultProxy({ target: { port } });
  afterwards(() => proxy.close());
  proxy.freeze();
  let child: ChildProcess | undefined;
  const ended = evercache(["doctor", "--redis", `redis://127.0.0.1:${proxy.port}`], {
    onStart: (started) => (child = started),
  });
  await untilTrue(async () => proxy.connections > 0, "it has connected");
  child!.kill("SIGINT");
  expect(await ended).toEqual({ code: 130, stdout: "", stderr: "evercache: interrupted\n" });
});

it("speaks TLS where the authority is known, and says what is missing where it is not", async () => {
  const certificates = makeCertificates();
  afterwards(() => certificates.remove());
  const port = await freePort();
  await server(...certificates.args(port));
  const { folder, remove } = scratchFolder("authority");
  afterwards(remove);
  const ca = path.join(folder, "ca.pem");
  writeFileSync(ca, certificates.ca);
  const url = `rediss://127.0.0.1:${port}`;

  expect((await doctor(["--redis", url, "--tls-ca", ca])).find("server")).toMatchObject({ severity: "ok" });
  expect((await doctor(["--redis", url, "--tls-insecure"])).find("server")).toMatchObject({ severity: "ok" });
  const untrusted = await doctor(["--redis", url]);
  expect([untrusted.code, untrusted.find("connection")]).toEqual([
    3,
    expect.objectContaining({ advice: expect.stringMatching(/--tls-ca FILE/) }),
  ]);
  expect((await doctor(["--redis", url.replace("rediss", "redis")])).find("connection")).toMatchObject({
    advice: expect.stringMatching(/It may want TLS \(rediss:\/\/\)/),
  });
});

it("finds a wrong password", async () => {
  const { url } = await server("--requirepass", "secret");
  const without = await doctor(["--redis", url]);
  expect([without.code, without.find("connection")]).toEqual([3, error(/refuses the user: NOAUTH/)]);
  const wrong = await doctor(["--redis", url.replace("//", "//:wrong@")]);
  expect([wrong.code, wrong.find("connection")]).toEqual([3, error(/refuses the user: WRONGPASS/)]);
  expect((await doctor(["--redis", url.replace("//", "//:secret@")])).code).toBe(0);
});

it("looks at each primary of a Cluster, and at one that was not called so", { timeout: 120_000 }, async () => {
  const cluster = await startRedisCluster();
  afterwards(() => cluster.stop());
  const urls = cluster.startupNodes.map(({ host, port }) => `redis://${host}:${port}`);
  const { code, findings, find } = await doctor(["--cluster", "--redis", urls.join(",")]);
  expect(find("cluster")).toMatchObject({ severity: "ok" });
  expect(find("permissions")).toMatchObject({ severity: "ok" });
  const servers = findings.filter(({ id }) => id === "server");
  expect(servers.length).toBeGreaterThan(1);
  expect(new Set(servers.map((finding) => finding.server)).size).toBe(servers.length);
  expect(code).toBe(0);
  expect((await doctor(["--redis", urls[0]!])).find("mode")).toEqual(error(/node of a Cluster/));
});

it("looks at sentinels", { timeout: 120_000 }, async () => {
  const set = await startRedisSentinels();
  afterwards(() => set.stop());
  const urls = set.sentinels.map(({ host, port }) => `redis://${host}:${port}`);
  const { find } = await doctor(["--sentinel", set.name, "--redis", urls.join(","), "--write-deadline", "10s"]);
  expect(find("failover-time")).toEqual(warning(/down-after-milliseconds is 700/));
  expect(find("server")).toMatchObject({ severity: "ok" });
  expect(find("wait")).toMatchObject({ severity: "ok" });
  await set.sentinels[2]!.stop();
  const fewer = await doctor(["--sentinel", set.name, "--redis", urls.join(",")]);
  expect(fewer.find("sentinels")).toEqual(warning(/does not answer/));
  expect((await doctor(["--sentinel", set.name, "--redis", urls[0]!])).find("sentinels")).toEqual(
    warning(/1 of 3 sentinels are named/),
  );
});

it("takes its address from the environment", async () => {
  const { url } = await server();
  expect((await doctor([], { REDIS_URL: url })).redis).toBe(url);
  expect((await doctor([], { REDIS_URL: "redis://nowhere.invalid", EVERCACHE_REDIS: url })).redis).toBe(url);
});

it("says what it found to people too", async () => {
  const { url } = await server("--maxmemory", "100mb", "--maxmemory-policy", "volatile-ttl");
  const { code, stdout, stderr } = await evercache(["doctor", "--redis", url]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/✖ memory-policy +maxmemory-policy is volatile-ttl\.\n +When memory is full/);
  expect(stdout).toMatch(/\n1 error, \d+ ok\n$/);
  // No terminal, no colours.
  expect(stdout).not.toContain("\u001B");
  expect((await evercache(["doctor", "--redis", url], { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001B[31m✖");
});

it("ends by itself, and leaves no connection", async () => {
  const started = await server();
  const { code } = await evercache(["doctor", "--redis", started.url]);
  expect(code).toBe(0);
  const redis = new Redis(started.port);
  afterwards(() => redis.disconnect());
  const isAlone = async () => ((await redis.client("LIST")) as string).trim().split("\n").length === 1;
  await untilTrue(isAlone, "all other connections are closed", 5_000);
});

it("says in one line what is wrong with a command line", async () => {
  const wrong = await evercache(["doctor", "--redis", "localhost:6379"]);
  expect(wrong).toEqual({
    code: 2,
    stdout: "",
    stderr:
      'evercache: --redis: "localhost:6379" is not the URL of a Redis server. Write for example redis://localhost:6379.\n',
  });
  expect((await evercache(["doctor", "--lease", "soon"])).stderr).toMatch(
    /^evercache: --lease: "soon" is not a duration\..*\n$/,
  );
  expect(await evercache(["doctor", "--schema", "nowhere.prisma"])).toMatchObject({ code: 2, stdout: "" });
});
