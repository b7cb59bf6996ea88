import type { Commands } from "./client.js";
import { isReply } from "./server-error.js";
import type { Script } from "./scripts.generated.js";

/** Runs a script by its name, or by its text where the server does not know it: a new one, or one that forgot. */
export async function runScript(
  client: Commands,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await client.call("evalsha", [script.sha1, keys.length, ...keys, ...args]);
  } catch (error) {
    if (!isReply(error, "NOSCRIPT")) throw error;
    return client.call("eval", [script.lua, keys.length, ...keys, ...args]);
  }
}

/**
 * Tells the server the scripts beforehand, so that the first writers need not. A server that refuses (it may not allow
 * SCRIPT) is told by the first of them.
 */
export async function loadScripts(client: Commands, scripts: readonly Script[]): Promise<void> {
  await Promise.allSettled(scripts.map(({ lua }) => client.call("SCRIPT", ["LOAD", lua])));
}
