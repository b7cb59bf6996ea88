import { messageOf } from "../../cli-error.js";
import { isRefused } from "../../connection/connection-error.js";
import { error, note, type Finding } from "../finding.js";

const ID = "connection";
/** IPv6 stands in brackets in a URL. */
const PRIVATE =
  /^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[(?:::1\]|f[cd]|fe80:)|[^.:]+$|.*\.(?:local|internal|localhost)$)/;

/** Why there is no connection, and what to do. */
export function judgeFailure(name: string, cause: unknown): Finding {
  const says = messageOf(cause);
  const found = `Redis at ${name} ${isRefused(cause) ? "refuses the user" : "cannot be reached"}: ${says}`;
  return error(ID, found, "Without Redis, all queries go to the database.", adviceFor(cause, says));
}

function adviceFor(cause: unknown, says: string): string {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
  const text = `${code} ${says}`;
  if (/NOAUTH/.test(text)) return "Write user and password into the URL: redis://user:password@host:6379.";
  if (isRefused(cause))
    return "Look at user and password in the URL. Special characters in them have to be written as %40 and the like.";
  if (/ECONNREFUSED/.test(text)) return "Nothing listens there. Start the server, or look at host and port.";
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return "There is no host of this name. Look at the URL, and at DNS.";
  if (/wrong version number|ERR_SSL|EPROTO/i.test(text))
    return "The server does not speak TLS there. Write redis:// instead of rediss://.";
  if (/CERT|certificate|SELF_SIGNED|UNABLE_TO/i.test(text))
    return "Give the certificate authority: --tls-ca FILE. --tls-insecure tells whether it is only that.";
  if (/cluster support disabled/i.test(text)) return "It is no node of a Cluster. Leave --cluster out.";
  if (/sentinel/i.test(text))
    return "Give the addresses of the sentinels, not those of the servers, and the name that they have for the primary.";
  if (/ECONNRESET|Connection is closed/i.test(text))
    return "The server has closed the connection. It may want TLS (rediss://), or have too many clients.";
  return "Look at host and port, and at firewalls between here and there. The server may be frozen, or speak no TLS where the URL says rediss://.";
}

/** Whether what is sent can be read on the way. */
export function judgeEncryption(hosts: readonly string[], isTls: boolean): Finding[] {
  const open = hosts.filter((host) => !PRIVATE.test(host));
  if (isTls || open.length === 0) return [];
  return [
    note(
      "tls",
      `The connection to ${open.join(", ")} is not encrypted.`,
      "Passwords and results can be read on the way, unless the network is private.",
      "Write rediss:// if the server has TLS.",
    ),
  ];
}
