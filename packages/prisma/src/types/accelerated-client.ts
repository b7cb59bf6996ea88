import type { ExtendsHook, InternalArgs, MergeExtArgs } from "@prisma/client/runtime/client";
import type { AccelerateMembers, WithAccelerateOptions } from "./accelerate.js";
import type { Accepted, CachedClient, HookOf, ModelNameOf, UnknownClient } from "./client.js";

/** A client, with the cache, whose reads take `cacheStrategy`. */
export type AcceleratedClientFor<Client> =
  HookOf<Client> extends ExtendsHook<"extends", infer Cb, infer ExtArgs extends InternalArgs, infer TypeMap>
    ? CachedClient<Cb, MergeExtArgs<TypeMap, ExtArgs, InternalArgs<{}, {}, {}, AccelerateMembers>>>
    : never;

/** `withAccelerate`. Where it does not stand in `client.$extends(…)`, `Client` is to be written, as of `cacheExtension`. */
export interface AccelerateExtension {
  <Client = UnknownClient>(
    options?: WithAccelerateOptions<ModelNameOf<Client>>,
  ): (client: Accepted<Client>) => AcceleratedClientFor<Client>;
}
