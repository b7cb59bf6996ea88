import { anyTag, customTag, isCustomTag, isModelTag, wideFirst, type Store, type Tag } from "@evercache/core";
import { WHOLE_GROUP } from "../invalidation-channel.js";
import type { Keyspace } from "../keyspace.js";
import { isReply } from "../server-error.js";
import type { Servers } from "../servers.js";
import { publishCommand } from "../subscriptions.js";
import { scan } from "./scan.js";

/** What was ended. */
export interface Invalidated {
  /** Of each model, join table and the like how many of its tags Redis had. What has none has no valid entries. */
  readonly models: Readonly<Record<string, number>>;
  /** The application's own tags. */
  readonly tags: readonly string[];
  /**
   * What becomes of results in the memory of processes. `uncertain`: which models they have there the server does not tell this
   * user (PUBSUB). A result whose tokens Redis has evicted may be served there until its time is over.
   */
  readonly inMemory: "ended" | "uncertain";
}

export interface InvalidationContext {
  readonly keyspace: Keyspace;
  readonly servers: Servers;
  readonly store: Pick<Store, "quarantine" | "release" | "rotate">;
}

type OnProgress = (examined: number, total: number) => void;

/**
 * Ends what depends on these models, or has one of these tags.
 *
 * Which keys a model has only the schema says. But each entry that depends on a model has one of the few tags which that has
 * whatever rows are in it, and is valid only while Redis has that tag's token: so that those which are there are all that need
 * be ended. A token that comes while they are looked for is of a reader who asks the database after this was called.
 */
export async function invalidate(
  context: InvalidationContext,
  { models, tags }: { readonly models: readonly string[]; readonly tags: readonly string[] },
  onProgress: OnProgress,
): Promise<Invalidated> {
  const custom = [...new Set(tags)];
  const wanted = new Set(models);
  const found = wanted.size > 0 ? await modelTags(context, wanted, onProgress) : new Map<string, Tag[]>();
  // Its token may be in no key, and in a process's memory all the same.
  for (const model of wanted) if (!found.has(model)) found.set(model, []);
  const wide = [...found.keys()].map(anyTag);
  await wideFirst(context.store).rotate([
    ...new Set([...wide, ...[...found.values()].flat(), ...custom.map(customTag)]),
  ]);
  await tellGroups(context, [...found.keys()]);
  return { models: countsOf(found), tags: custom, inMemory: "ended" };
}

/** Ends every entry of the namespace: each depends on some model, or on the tag of queries in SQL that name none. */
export async function invalidateAll(context: InvalidationContext, onProgress: OnProgress): Promise<Invalidated> {
  const followed = await followedGroups(context);
  const found = await modelTags(context, null, onProgress);
  await context.store.rotate([...found.values()].flat());
  await tellGroups(context, [...new Set([...found.keys(), ...(followed ?? [])])]);
  return { models: countsOf(found), tags: [], inMemory: followed ? "ended" : "uncertain" };
}

function countsOf(found: ReadonlyMap<string, readonly Tag[]>): Record<string, number> {
  const models = [...found.keys()].sort();
  return Object.fromEntries(models.map((model) => [model, found.get(model)!.length]));
}

/** By model, those of its tags in Redis that it has whatever rows are in it. `wanted`: null for all models. */
async function modelTags(
  { keyspace, servers }: InvalidationContext,
  wanted: ReadonlySet<string> | null,
  onProgress: OnProgress,
): Promise<Map<string, Tag[]>> {
  const [only] = wanted ?? [];
  const pattern = keyspace.everyTag(wanted?.size === 1 ? only : undefined);
  const found = new Map<string, Set<Tag>>();
  for await (const { names, examined, total } of scan({ keyspace, servers }, { pattern, withTexts: false })) {
    for (const name of names) {
      if (name.kind !== "tag" || !isModelTag(name.tag) || (wanted && !wanted.has(name.group))) continue;
      const known = found.get(name.group);
      if (known) known.add(name.tag);
      else found.set(name.group, new Set([name.tag]));
    }
    onProgress(examined, total);
  }
  return new Map([...found].map(([group, tags]) => [group, [...tags]]));
}

/** The models that processes follow because they have results in memory; null where a server does not tell. */
async function followedGroups({ keyspace, servers }: InvalidationContext): Promise<string[] | null> {
  const subcommand = servers.sharding === "sharded" ? "SHARDCHANNELS" : "CHANNELS";
  const all = await servers.all();
  const replies = await Promise.all(
    all.map((server) =>
      server
        .ask(({ client }) => client.call("PUBSUB", [subcommand, keyspace.everyChannel]))
        .catch((error: unknown) => {
          if (isReply(error)) return null;
          throw error;
        }),
    ),
  );
  if (!replies.every(Array.isArray)) return null;
  return replies
    .flatMap((reply: readonly unknown[]) => reply.map(String))
    .map((channel) => keyspace.readChannel(channel))
    .filter((group) => group !== null)
    .filter((group) => !isCustomTag(group as Tag));
}

/** A process may have results in memory under tags whose tokens Redis has evicted: no key told of these. */
async function tellGroups({ keyspace, servers }: InvalidationContext, groups: readonly string[]): Promise<void> {
  const channels = groups.map((group) => keyspace.channel(group));
  const command = publishCommand(servers.sharding);
  await servers.run(
    channels,
    channels.map((_, i) => [i]),
    async ({ client }, places) => {
      for (const place of places) await client.call(command, [channels[place]!, WHOLE_GROUP]);
    },
  );
}
