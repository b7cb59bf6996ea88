import { QUARANTINED } from "@evercache/core";
import type { KeyName, Keyspace } from "../keyspace.js";
import type { Servers } from "../servers.js";
import { readTagText } from "../tag-text.js";
import { scan } from "./scan.js";

/** A key, told by its name; and of a tag what is in it. */
export type FoundKey =
  | Exclude<KeyName, { readonly kind: "tag" }>
  | (Omit<Extract<KeyName, { readonly kind: "tag" }>, "kind"> & {
      /** `spent`: neither a lock nor a token of the server as it is now. It counts as none. */
      readonly kind: "token" | "lock" | "spent";
    });

export interface KeysOptions {
  /** How many keys a server looks at for one page, roughly. Default 1000. */
  readonly pageSize?: number;
}

export interface KeyPage {
  readonly keys: readonly FoundKey[];
  /** How many keys of the servers have been looked at until now, roughly; those of other namespaces among them. */
  readonly examined: number;
  /** How many keys the servers have. */
  readonly total: number;
}

/** Every key of the namespace. */
export async function* foundKeys(
  { keyspace, servers }: { readonly keyspace: Keyspace; readonly servers: Servers },
  { pageSize }: KeysOptions,
): AsyncGenerator<KeyPage, void, undefined> {
  for await (const page of scan({ keyspace, servers }, { pattern: keyspace.everyKey, withTexts: true, pageSize })) {
    const keys = page.names.map((name, i) => withState(name, page.texts[i]!, page.epoch));
    yield { keys, examined: page.examined, total: page.total };
  }
}

function withState(name: KeyName, text: Buffer | null, epoch: string): FoundKey {
  if (name.kind !== "tag") return name;
  const state = readTagText(text, epoch);
  return { ...name, kind: state === QUARANTINED ? "lock" : state === null ? "spent" : "token" };
}
