import type { Consistency } from "@evercache/core";
import { Cluster, type Redis } from "ioredis";
import { CliError } from "../cli-error.js";
import { loadClient, type ApplicationClient } from "../client-module.js";
import type { Settings } from "../config/settings.js";
import { hostOf, type RedisAddress } from "../connection/address.js";
import { ExitCode } from "../exit-codes.js";
import { Info } from "../connection/info.js";
import { note, type Finding } from "./finding.js";
import { ask, numberSetting, setting } from "./gather/ask.js";
import { tryChannel } from "./gather/channel.js";
import { readClaim } from "./gather/claim.js";
import { tryClient } from "./gather/client.js";
import { readDatabase } from "./gather/database.js";
import { readFingerprints } from "./gather/fingerprints.js";
import { tryPermissions } from "./gather/permissions.js";
import { askProcesses } from "./gather/processes.js";
import { gatherReplication } from "./gather/replication.js";
import { readSchema } from "./gather/schema.js";
import { askSentinels } from "./gather/sentinels.js";
import { compareClocks, measurePings, readInfo } from "./gather/server.js";
import { judgeChannel } from "./judge/channel.js";
import { judgeClient, judgeUnloadable } from "./judge/client.js";
import { judgeClock } from "./judge/clock.js";
import { judgeCluster } from "./judge/cluster.js";
import { judgeEncryption } from "./judge/connection.js";
import { judgeFingerprints } from "./judge/fingerprints.js";
import { judgeLatency } from "./judge/latency.js";
import { judgeMemory } from "./judge/memory.js";
import { judgeNamespace, type DatabaseFacts } from "./judge/namespace.js";
import { judgePermissions } from "./judge/permissions.js";
import { judgePersistence } from "./judge/persistence.js";
import { judgeProcesses } from "./judge/processes.js";
import { judgeReplication } from "./judge/replication.js";
import { judgeSchema } from "./judge/schema.js";
import { judgeSentinels } from "./judge/sentinels.js";
import { judgeServer } from "./judge/server.js";
import { judgeTimeouts } from "./judge/timeouts.js";
import { judgeWrite } from "./judge/write.js";

/** What the application's cache is set to, as far as a check depends on it. Times in milliseconds. */
export interface DoctorOptions {
  readonly schema: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly consistency: Consistency;
  readonly deadline: number;
  readonly writeDeadline: number;
  readonly lease: number;
  readonly ambiguousLease: number;
  readonly transactionTimeout: number;
}

/** All checks, over a connection that stands. Each is made by facts that are gathered first, and a judgement of these alone. */
export async function diagnose(redis: Redis | Cluster, settings: Settings, options: DoctorOptions): Promise<Finding[]> {
  const { address, namespace } = settings;
  const primaries = redis instanceof Cluster ? redis.nodes("master") : [redis];
  const findings: Finding[] = judgeEncryption(address.urls.map(hostOf), address.tls !== null);
  for (const primary of primaries) {
    const found = await diagnoseServer(primary, settings, options);
    const { host, port } = primary.options;
    findings.push(...(primaries.length > 1 ? found.map((each) => ({ ...each, server: `${host}:${port}` })) : found));
  }
  findings.push(...(await diagnoseTopology(redis, address, primaries)));
  // Where the server is not fit, nobody has anything to say.
  const isFit = findings.every(({ severity }) => severity !== "error");
  findings.push(...judgeProcesses(isFit ? await askProcesses(settings) : undefined));
  findings.push(...judgeFingerprints(isFit ? await readFingerprints(settings) : undefined));
  const application = await diagnoseApplication(settings, options);
  const claim = await readClaim(redis, namespace);
  findings.push(...judgeNamespace({ namespace, claim, mine: application.database }), ...application.findings);
  return findings;
}

async function diagnoseServer(
  redis: Redis,
  { namespace, address }: Settings,
  options: DoctorOptions,
): Promise<Finding[]> {
  const isCluster = address.kind === "cluster";
  const info = await readInfo(redis);
  const pings = await measurePings(redis);
  const clock = await compareClocks(redis);
  const otherRunId = await askAnother(redis);
  const needsWait = options.consistency === "strict";
  const { permissions, writeRefusal } = await tryPermissions(redis, { namespace, isCluster, needsWait });
  const channel = await tryChannel(redis, namespace, isCluster);
  const replication = await gatherReplication(redis, info, { ...options, namespace });
  const appendfsync = await setting(redis, "appendfsync");
  const user = redis.options.username ?? "default";
  return [
    ...judgeServer({ info, otherRunId, isSingle: !isCluster }),
    ...judgeLatency({ pings, deadline: options.deadline }),
    ...judgeClock(clock),
    ...judgePermissions({ permissions: [...permissions, channel.permission], user, namespace }),
    ...judgeChannel(channel.milliseconds),
    ...judgeWrite(writeRefusal),
    ...judgeMemory({ info }),
    ...judgePersistence({ info, appendfsync }),
    ...judgeReplication(replication),
  ];
}

/** The run_id that a second connection is told. */
async function askAnother(redis: Redis): Promise<string | undefined> {
  const second = redis.duplicate();
  second.on("error", () => {});
  try {
    await second.connect();
    return (await readInfo(second)).text("run_id");
  } finally {
    second.disconnect();
  }
}

async function diagnoseTopology(
  redis: Redis | Cluster,
  address: RedisAddress,
  primaries: readonly Redis[],
): Promise<Finding[]> {
  if (address.kind === "sentinel") return judgeSentinels(await askSentinels(address));
  const [first] = primaries;
  if (!(redis instanceof Cluster) || first === undefined) return [];
  const answer = await ask(first, "CLUSTER", "INFO");
  const info = new Info(answer.kind === "answer" ? answer.value : undefined);
  const nodeTimeout = await numberSetting(first, "cluster-node-timeout");
  return judgeCluster({ info, primaries: primaries.length, nodeTimeout });
}

/** What concerns the application: its schema, its database, its client. */
async function diagnoseApplication(
  { client: clientFile, schema: schemaFile }: Settings,
  options: DoctorOptions,
): Promise<{ readonly findings: readonly Finding[]; readonly database: DatabaseFacts | undefined }> {
  const findings: Finding[] = [];
  let database: DatabaseFacts | undefined;
  const file = options.schema ?? schemaFile;
  if (file !== undefined) {
    const schema = await readSchema(file);
    findings.push(...judgeSchema(schema));
    if (schema.provider !== undefined) database = { provider: schema.provider.replace(/^postgres$/, "postgresql") };
  }
  let timeouts;
  if (options.databaseUrl !== undefined) {
    const read = await readDatabase(options.databaseUrl, process.cwd());
    database = read.facts;
    timeouts = read.timeouts;
    if (read.unasked !== undefined) findings.push(unaskedDatabase(read.unasked));
  }
  const { lease, ambiguousLease, transactionTimeout: transaction } = options;
  findings.push(...judgeTimeouts({ lease, ambiguousLease, transaction, database: timeouts }));
  if (clientFile !== undefined) {
    findings.push(...(await diagnoseClient(clientFile)));
  }
  return { findings, database };
}

/** @throws CliError where the file is not what `--client` takes */
async function diagnoseClient(file: string): Promise<Finding[]> {
  let client: ApplicationClient;
  try {
    client = await loadClient(file);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== ExitCode.client) throw error;
    return [judgeUnloadable(error.message)];
  }
  const findings = judgeClient(await tryClient(client));
  await client.$disconnect();
  return findings;
}

function unaskedDatabase(reason: string): Finding {
  return note(
    "database",
    `The database was not asked: ${reason}.`,
    "Its time-outs were not compared with the leases.",
    "Run the command where the application is installed, with a URL that leads to its database.",
  );
}
