import type { StoredEntry } from "@evercache/redis/admin";

/** Characters of a payload that are shown. */
const LONGEST = 2_000;

/** What can be said of a payload without the client that wrote it. */
export function describePayload({ frame }: StoredEntry): string {
  if (frame.kind !== "entry") return "it cannot be opened";
  const { entry, seal } = frame;
  if (entry.absent) return "null: nothing was found";
  if (seal.isEncrypted) return "encrypted";
  if (seal.isCompressed) return "compressed; name the query, with --client, to read it";
  const text = jsonIn(entry.payload);
  if (text === null) return "in columns, which the client alone can read: name the query, with --client";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}

/** Some payloads are JSON, others begin with two bytes that say so. */
function jsonIn(payload: Uint8Array): string | null {
  for (const start of [0, 2]) {
    if (payload[start] !== 0x7b) continue;
    try {
      const text = new TextDecoder("utf8", { fatal: true }).decode(payload.subarray(start));
      JSON.parse(text);
      return text;
    } catch {
      // No JSON.
    }
  }
  return null;
}
