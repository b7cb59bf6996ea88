import type { Commands, Stream } from "./client.js";

const gathering = new WeakSet<Stream>();

/**
 * What is sent by `client` from now to the end of the tick leaves at once: telling the system to send costs more than most
 * commands do. For what nobody waits for.
 */
export function gather({ stream }: Commands): void {
  if (!stream?.cork || gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  process.nextTick(() => leave(stream));
}

/** Sends what was gathered by now, for what somebody waits for that was sent behind it. */
export function sendGathered({ stream }: Commands): void {
  if (stream) leave(stream);
}

function leave(stream: Stream): void {
  if (gathering.delete(stream)) stream.uncork!();
}
