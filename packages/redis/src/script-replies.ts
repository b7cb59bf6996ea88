import { QUARANTINED, StoreUnavailableError, type Claim, type Token } from "@evercache/core";
import { UnfitServerError } from "./server-error.js";
import { isOfEpoch, readTagText } from "./tag-text.js";

/** What scripts/mint.lua says that a tag holds now, to which `offered` was given if it held no token. */
export function readMinted(text: unknown, epoch: string, offered: Token): Token | typeof QUARANTINED {
  if (typeof text !== "string") throw new UnfitServerError("a tag was not answered with what it holds");
  if (text === "L") return QUARANTINED;
  if (text === offered && isOfEpoch(offered, epoch)) return offered;
  const state = readTagText(Buffer.from(text), epoch);
  // The server became another one on the way. What was minted is worth nothing now.
  if (state === null) throw new StoreUnavailableError("the server changed while tokens were minted");
  return state;
}

/** What scripts/claim.lua says. */
export function readClaim(reply: unknown): Claim {
  const [value, remaining] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  if (typeof value !== "string" || typeof remaining !== "number") {
    throw new UnfitServerError("a claim was not answered with whose it is");
  }
  return value === "" ? { value: null, remaining: 0 } : { value, remaining };
}
