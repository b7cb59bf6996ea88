import type { Keyspace, KeyName } from "../keyspace.js";
import { UnfitServerError } from "../server-error.js";
import type { OneServer, Servers, Session } from "../servers.js";

export interface ScanOptions {
  /** Which keys are wanted, as `SCAN` spells it. */
  readonly pattern: string;
  /** Whether the texts of tags are wanted. */
  readonly withTexts: boolean;
  /** How many keys a server looks at for one page, roughly. Default 1000. */
  readonly pageSize?: number | undefined;
}

/** What one page of `SCAN` brought. */
export interface ScannedPage {
  readonly names: readonly KeyName[];
  /** What is in the keys of tags; null for all others, and where nothing is, or nothing that is a text. */
  readonly texts: readonly (Buffer | null)[];
  /** That of the server. */
  readonly epoch: string;
  /** How many keys have been looked at, in all pages until now: an estimate. And how many there are. */
  readonly examined: number;
  readonly total: number;
}

const PAGE_SIZE = 1000;

/**
 * Walks through the keys of each server, one after the other, without blocking any. What is there all the time is found; what comes
 * or goes meanwhile may be. A key may be found twice while a server resizes its table.
 * @throws StoreUnavailableError
 */
export async function* scan(
  { keyspace, servers }: { readonly keyspace: Keyspace; readonly servers: Servers },
  { pattern, withTexts, pageSize = PAGE_SIZE }: ScanOptions,
): AsyncGenerator<ScannedPage, void, undefined> {
  const all = await servers.all();
  const sizes = await Promise.all(all.map((server) => sizeOf(server)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Of a cluster each key is asked for by itself: those of one node are in many slots.
  const read = servers.one ? readTogether : readEach;
  let before = 0;
  for (const [i, server] of all.entries()) {
    let cursor = "0";
    let pages = 0;
    do {
      const page = await server.ask(async (session) => {
        const reply = readPage(await session.client.call("SCAN", [cursor, "MATCH", pattern, "COUNT", pageSize]));
        const names = reply.keys.map((key) => keyspace.read(key));
        const texts = withTexts ? await textsOf(session, names, read) : names.map(() => null);
        return { cursor: reply.cursor, names, texts, epoch: session.judgingEpoch() };
      });
      cursor = page.cursor;
      pages += 1;
      const examined = before + (cursor === "0" ? sizes[i]! : Math.min(pages * pageSize, sizes[i]!));
      yield { names: page.names, texts: page.texts, epoch: page.epoch, examined, total };
    } while (cursor !== "0");
    before += sizes[i]!;
  }
}

async function sizeOf(server: OneServer): Promise<number> {
  const size = await server.ask(({ client }) => client.call("DBSIZE", []));
  return typeof size === "number" ? size : 0;
}

function readPage(reply: unknown): { readonly cursor: string; readonly keys: readonly string[] } {
  const [cursor, keys] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  if (typeof cursor !== "string" || !Array.isArray(keys))
    throw new UnfitServerError("SCAN was not answered with a page");
  return { cursor, keys: keys.map(String) };
}

type ReadTexts = (session: Session, keys: readonly string[]) => Promise<readonly (Buffer | null)[]>;

async function textsOf(session: Session, names: readonly KeyName[], read: ReadTexts): Promise<(Buffer | null)[]> {
  const texts: (Buffer | null)[] = names.map(() => null);
  const places = [...names.keys()].filter((i) => names[i]!.kind === "tag");
  if (places.length === 0) return texts;
  const found = await read(
    session,
    places.map((place) => names[place]!.name),
  );
  for (const [i, place] of places.entries()) texts[place] = found[i] ?? null;
  return texts;
}

const readTogether: ReadTexts = async ({ client }, keys) => {
  const texts = await client.callBuffer("MGET", keys);
  return Array.isArray(texts) ? texts.map(asText) : [];
};

const readEach: ReadTexts = ({ client }, keys) =>
  // Of another type, or in a slot that has moved.
  Promise.all(keys.map((key) => client.callBuffer("GET", [key]).then(asText, () => null)));

function asText(value: unknown): Buffer | null {
  return Buffer.isBuffer(value) ? value : null;
}
