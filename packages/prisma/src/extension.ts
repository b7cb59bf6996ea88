import { createHash } from "node:crypto";
import type { Codec } from "@evercache/core";
import { cacheApi } from "./cache-api.js";
import { FastPath } from "./client/fast-path.js";
import { isModelCall, isReadCall, type HookCall } from "./client/hook.js";
import {
  readInternals,
  unstack,
  type ClientInternals,
  type ExtensibleClient,
  type ExtensionParts,
} from "./client/internals.js";
import { CodecCache } from "./codec/codec-cache.js";
import { shapeContext } from "./codec/result-shape.js";
import { withLeanPromises } from "./client/lean-promise.js";
import { readMethods } from "./client/read-methods.js";
import { prismaCodec } from "./codec/prisma-codec.js";
import { raw, write } from "./mutation/write.js";
import { parseOptions, type Settings } from "./options.js";
import { canonicalize } from "./query/canonical.js";
import { read } from "./query/read.js";
import { askedBy, readRaw } from "./query/read-raw.js";
import { readInside } from "./query/read-inside.js";
import { createRuntime, type CachedView, type Runtime } from "./runtime.js";

/** Changes whenever another version of evercache would spell a key or mean a tag differently. */
const FORMAT = 1;

type AnyMethod = (this: ExtensibleClient, ...args: unknown[]) => unknown;

/** The function of this package that makes the extension. */
export interface Maker {
  /** For errors. */
  readonly name: string;
  /** The arguments of a read as the cache knows them, where the application may write others. May throw. */
  readonly readArgs?: (args: unknown) => unknown;
}

/** The run-time part of `cacheExtension`; types.ts declares what the user's compiler sees of it. */
export function createExtension(
  options: unknown,
  { name, readArgs }: Maker = { name: "cacheExtension" },
): (client: ExtensibleClient) => ExtensibleClient {
  const settings = parseOptions(options, name);
  return (client) => {
    const runtime = createRuntime(settings, client, readArgs);
    const { root, extensions } = unstack(client);
    // Nothing to put on top: the client stays the one that was given, whatever stands around it.
    return extensions.some(hasMethods) ? stack(runtime, root, extensions) : cached(runtime, client, extensions);
  };
}

/**
 * Builds a client from extensions, in three layers, whatever the order in which they were applied:
 * 1. the query and result parts of all of them;
 * 2. the cache: the innermost query extension, which sees arguments as the others have rewritten them, and lets them see
 *    every operation, hits included;
 * 3. the model and client parts of all of them, so that a method that calls the one it overrides (`$parent`) meets the
 *    cache. Below the cache it would meet the database.
 */
function stack(runtime: Runtime, root: ExtensibleClient, extensions: readonly ExtensionParts[]): ExtensibleClient {
  let client = root;
  for (const { name, query, result } of extensions) {
    if (query || result)
      client = extend(root, client, { ...named(name), ...(query ? { query } : {}), ...(result ? { result } : {}) });
  }
  client = cached(runtime, client, extensions);
  for (const { name, model, client: methods } of extensions) {
    if (!model && !methods) continue;
    const parts = {
      ...named(name),
      ...(model ? { model } : {}),
      ...(methods ? { client: fenced(runtime, methods) } : {}),
    };
    client = extend(root, client, runtime.innerExtensions.own(parts));
  }
  return client;
}

/** Layer 2: the hook, then the methods that the cache adds to the client and to reads. */
function cached(runtime: Runtime, base: ExtensibleClient, extensions: readonly ExtensionParts[]): ExtensibleClient {
  const internals = readInternals(base);
  const { innerExtensions, settings } = runtime;
  const codec = settings.codec ?? prismaCodec();
  const codecs = settings.codec ? undefined : codecsOf(runtime, internals, codec);
  const view: CachedView = {
    runtime,
    base,
    internals,
    codec,
    codecs,
    fingerprint: fingerprintOf(settings, internals, codecs ?? codec),
    gated: settings.innerExtensions === "trusted" ? null : runtime.gated,
  };
  const hook = { name: "evercache", query: { $allOperations: hookOf(view, read) } };
  const hookAround = {
    name: "evercache",
    query: { $allOperations: hookOf({ ...view, gated: null, isInside: true }, readInside) },
  };
  innerExtensions.own(hook, settings.innerExtensions === "trusted" ? hook : hookAround);
  const hooked = withLeanPromises(base.$extends(hook));
  const parentMethod = (name: string): AnyMethod => hooked[name] as AnyMethod;
  const { root } = unstack(base);
  const methods = {
    $cache: cacheApi(view, hooked),
    $transaction(this: ExtensibleClient, input: unknown, transactionOptions?: unknown) {
      return runtime.transactions.run(this, parentMethod("$transaction") as never, input, transactionOptions);
    },
    async $disconnect(this: ExtensibleClient) {
      try {
        await parentMethod("$disconnect").call(this);
      } finally {
        await runtime.cache.close();
      }
    },
  };
  const methodsAround = { name: "evercache", client: methods };
  const parts = {
    name: "evercache",
    client: {
      ...methods,
      $extends(this: ExtensibleClient | undefined, extension: unknown) {
        if (typeof extension === "function") return (extension as (client: unknown) => unknown)(this);
        const more = [...extensions, ...innerExtensions.appendedTo(this), extension as ExtensionParts];
        return stack(runtime, extensions.length === 0 ? base : root, more);
      },
    },
    model: readMethods(
      [...runtime.dataModel.models.keys()],
      new FastPath(view, hooked),
      () => runtime.transactions.currentClient() ?? hooked,
    ),
  };
  // With another extension inside, the read methods would lead past it, and `$extends` would lose it.
  innerExtensions.own(parts, methodsAround);
  const client = innerExtensions.watch(withLeanPromises(hooked.$extends(parts)), root);
  innerExtensions.watch(hooked, root);
  runtime.promiseSurface.look({ client, hooked, models: internals.runtimeDataModel.models });
  return client;
}

function hookOf(view: CachedView, readWith: typeof read): (call: HookCall) => Promise<unknown> {
  return (call) => {
    if (isModelCall(call)) return isReadCall(call) ? readWith(view, call) : write(view, call);
    const asked = askedBy(call);
    return asked ? readRaw(view, call, asked) : raw(view, call);
  };
}

/** Prisma's own `$extends`: the cache's would build the whole stack again. */
function extend(root: ExtensibleClient, client: ExtensibleClient, parts: ExtensionParts): ExtensibleClient {
  return withLeanPromises(root.$extends.call(client, parts));
}

/** Another extension's `$transaction` may lead past the cache's: the fence stands around it too. */
function fenced(runtime: Runtime, methods: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const run = methods["$transaction"];
  if (typeof run !== "function") return methods;
  return {
    ...methods,
    $transaction(this: ExtensibleClient, input: unknown, transactionOptions?: unknown) {
      return runtime.transactions.run(this, run as never, input, transactionOptions, true);
    },
  };
}

function hasMethods({ model, client }: ExtensionParts): boolean {
  return model !== undefined || client !== undefined;
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}

function codecsOf({ dataModel }: Runtime, internals: ClientInternals, other: Codec): CodecCache {
  return new CodecCache({ ...shapeContext(dataModel, internals), other });
}

/** Of all that shapes a result besides the query. */
function fingerprintOf(settings: Settings, internals: ClientInternals, codec: Pick<Codec, "name">): string {
  const shape = [
    FORMAT,
    codec.name,
    settings.schema ?? internals.schemaText ?? JSON.stringify(internals.runtimeDataModel),
    internals.globalOmit === undefined ? null : canonicalize(internals.globalOmit),
    internals.computedFields,
  ];
  return createHash("sha256").update(JSON.stringify(shape)).digest("base64url").slice(0, 10);
}
