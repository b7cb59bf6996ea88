import type { Address, Commands } from "./client.js";
import { isReply } from "./server-error.js";

/** Why a node of a cluster did not carry a command out, and where that may be done. */
export type Redirection =
  /** The slot is served there; nothing of it is here. */
  | { readonly kind: "moved"; readonly address: Address }
  /** The slot is on its way there, and the key is not here any more, if it ever was. */
  | { readonly kind: "ask"; readonly address: Address }
  /** The slot is on its way, and the keys are in both places. */
  | { readonly kind: "divided" }
  /** The cluster, or this part of it, does not work. */
  | { readonly kind: "down" };

/** What `error` says of where to go; null for any other error. `asked` is the node that answered so. */
export function readRedirection(error: unknown, asked: Address): Redirection | null {
  if (!isReply(error)) return null;
  const [code, , target = ""] = (error as Error).message.split(" ");
  switch (code) {
    case "MOVED":
      return { kind: "moved", address: readAddress(target, asked) };
    case "ASK":
      return { kind: "ask", address: readAddress(target, asked) };
    case "TRYAGAIN":
      return { kind: "divided" };
    case "CLUSTERDOWN":
      return { kind: "down" };
    default:
      return null;
  }
}

/** The same commands, each with leave to serve a slot that is only coming in. Both go out in one tick, so side by side. */
export function asking(client: Commands): Commands {
  const ask = () => void client.call("ASKING", []).catch(() => {});
  return {
    call(command, args) {
      ask();
      return client.call(command, args);
    },
    callBuffer(command, args) {
      ask();
      return client.callBuffer(command, args);
    },
  };
}

/** `host:port`; IPv6 without brackets; without a host, the one that was asked. */
function readAddress(text: string, asked: Address): Address {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon);
  return { host: host === "" || host === "?" ? asked.host : host, port: Number(text.slice(colon + 1)) };
}
