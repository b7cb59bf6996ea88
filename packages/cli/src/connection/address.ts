import { usageError } from "../cli-error.js";

/** How to reach Redis. */
export type RedisAddress = {
  /** One server, nodes of a Cluster, or sentinels. At least one. */
  readonly urls: readonly URL[];
  readonly tls: TlsSettings | null;
} & (
  | { readonly kind: "single" }
  | { readonly kind: "cluster" }
  | {
      readonly kind: "sentinel";
      /** What the sentinels call the primary. */
      readonly name: string;
      readonly username: string | undefined;
      readonly password: string | undefined;
    }
);

interface TlsSettings {
  /** A file. */
  readonly ca: string | undefined;
  readonly isInsecure: boolean;
}

/** An address as it was written. */
export interface WrittenAddress {
  readonly urls: readonly string[];
  readonly cluster: boolean;
  readonly sentinel: string | undefined;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
  readonly tlsCa: string | undefined;
  readonly tlsInsecure: boolean;
}

/** @throws CliError */
export function parseAddress(written: WrittenAddress): RedisAddress {
  const { cluster, sentinel } = written;
  const urls = written.urls.map((url) => url.trim()).filter((url) => url !== "");
  const parsed = urls.map(parseUrl);
  if (parsed.length === 0)
    throw usageError("--redis: there is no URL in it. Write for example redis://localhost:6379.");
  if (cluster && sentinel !== undefined) throw usageError("--cluster and --sentinel: write one of them.");
  if (parsed.length > 1 && !cluster && sentinel === undefined) {
    throw usageError(
      "--redis: several URLs are nodes of a Cluster, or sentinels. Write --cluster, or --sentinel and the name of the primary.",
    );
  }
  const isTls = parsed.some(({ protocol }) => protocol === "rediss:");
  const tls = isTls ? { ca: written.tlsCa, isInsecure: written.tlsInsecure } : null;
  if (!isTls && (written.tlsCa !== undefined || written.tlsInsecure)) {
    throw usageError("--tls-ca and --tls-insecure are for TLS. Write rediss:// in the URL.");
  }
  if (cluster) return { kind: "cluster", urls: parsed, tls };
  if (sentinel === undefined) return { kind: "single", urls: parsed, tls };
  const { sentinelUsername: username, sentinelPassword: password } = written;
  return { kind: "sentinel", urls: parsed, tls, name: sentinel, username, password };
}

function parseUrl(text: string): URL {
  const example = "Write for example redis://localhost:6379.";
  const shown = withoutPassword(text);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw usageError(`--redis: "${shown}" is not a URL. ${example}`);
  }
  if (url.protocol !== "redis:" && url.protocol !== "rediss:") {
    throw usageError(`--redis: "${shown}" is not the URL of a Redis server. ${example}`);
  }
  if ((url.search + url.hash).includes("@")) {
    throw usageError(`--redis: "${shown}": ? and # in a password have to be written as %3F and %23.`);
  }
  if (url.hostname === "") throw usageError(`--redis: "${shown}" names no host. ${example}`);
  if (!/^\/?\d*$/.test(url.pathname)) {
    throw usageError(`--redis: "${shown}": behind the last / stands the number of a database, for example /0.`);
  }
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw usageError(`--redis: "${shown}": a % in user or password has to be written as %25 there.`);
  }
  return url;
}

/** Of what is no URL nobody knows where in it a password stands. */
function withoutPassword(text: string): string {
  const scheme = /^\w+:\/\//.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  if (at >= 0) return `${scheme}***@${rest.slice(at + 1)}`;
  // Behind a colon stands a port, or a password whose end was lost.
  return scheme + rest.replace(/:(?!\d*(?:$|\/)).*$/s, ":***");
}

/** Several with commas. A comma that no URL follows is a part of one. */
export function splitUrls(text: string): string[] {
  return text.split(/,(?=\s*(?:$|,|\w+:\/\/))/);
}

/** For people: without passwords. */
export function showAddress(address: RedisAddress): string {
  const urls = address.urls.map((url) => {
    const user = url.username || url.password ? `${url.username || "default"}:***@` : "";
    return `${url.protocol}//${user}${hostOf(url)}:${portOf(url, address.kind)}${url.pathname === "/" ? "" : url.pathname}`;
  });
  const kind = { single: "", cluster: " (Cluster)", sentinel: " (Sentinel)" }[address.kind];
  return urls.join(",") + kind;
}

export function hostOf(url: URL): string {
  return url.hostname;
}

export function portOf(url: URL, kind: RedisAddress["kind"]): number {
  return Number(url.port || (kind === "sentinel" ? 26379 : 6379));
}
