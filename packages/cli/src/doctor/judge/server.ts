import { error, ok, type Finding } from "../finding.js";
import type { Info } from "../../connection/info.js";

const ID = "server";
const OLDEST = 7;

export interface ServerFacts {
  /** Sections `server` and `replication`; empty where INFO was refused. */
  readonly info: Info;
  /** The run_id that a second connection was told. */
  readonly otherRunId: string | undefined;
  /** The application means one server, or one behind Sentinel. */
  readonly isSingle: boolean;
}

/** Whether it is a server that evercache can use at all: which one, its version, its role, its incarnation. */
export function judgeServer({ info, otherRunId, isSingle }: ServerFacts): Finding[] {
  const findings: Finding[] = [];
  const kind = kindOf(info);
  const hidden = ["run_id", "master_replid", "role"].filter((name) => info.text(name) === undefined);
  if (kind !== null && (kind.isKnownUnfit || kind.major < OLDEST)) {
    findings.push(
      error(
        ID,
        `The server is ${kind.name} ${kind.version}.`,
        "evercache needs the commands and the script flags of Redis 7.0. Nothing would be cached.",
        "Use Redis 7.0 or later, or Valkey.",
      ),
    );
  }
  if (hidden.length > 0) {
    findings.push(
      error(
        "incarnation",
        `INFO does not tell ${hidden.join(", ")}.`,
        "By these evercache knows when the server was restarted or replaced, and what it holds may be old. Where they are hidden, nothing is cached.",
        "Allow the user to run INFO. A managed service that hides them cannot be used.",
      ),
    );
  }
  if (info.text("role") === "slave") {
    findings.push(
      error(
        "role",
        `The server is a replica of ${info.text("master_host") ?? "another one"}.`,
        "A replica may be behind, and takes no writes. Nothing would be cached.",
        "Give the address of the primary, not that of a reader.",
      ),
    );
  }
  const runId = info.text("run_id");
  if (runId !== undefined && otherRunId !== undefined && runId !== otherRunId) {
    findings.push(
      error(
        "proxy",
        "Two connections to this address were answered by two servers.",
        "Tokens and locks of one server are not on the other, so that a write is not seen by those who ask the other one.",
        "Give the address of one primary, of sentinels, or of a Cluster; no load balancer.",
      ),
    );
  }
  if (isSingle && info.text("redis_mode") === "cluster") {
    findings.push(
      error(
        "mode",
        "The server is a node of a Cluster.",
        "It has the keys of its own slots only, and refuses all others.",
        "Write --cluster here, and give evercache `new Cluster([…])`.",
      ),
    );
  }
  if (findings.length > 0) return findings;
  return [ok(ID, `${kind ? `${kind.name} ${kind.version}` : "A server that does not tell its version"}, a primary.`)];
}

interface Kind {
  readonly name: string;
  readonly version: string;
  readonly major: number;
  readonly isKnownUnfit: boolean;
}

function kindOf(info: Info): Kind | null {
  const dragonfly = info.text("dragonfly_version");
  const valkey = info.text("valkey_version");
  const redis = info.text("redis_version");
  const version = dragonfly ?? valkey ?? redis;
  if (version === undefined) return null;
  const name = dragonfly ? "Dragonfly" : valkey ? "Valkey" : "Redis";
  return { name, version, major: Number.parseInt(version, 10), isKnownUnfit: dragonfly !== undefined };
}
