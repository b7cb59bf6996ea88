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
  process.nextTick(() => {
    gathering.delete(stream);
    stream.uncork!();
  });
}
