import type {
  Call,
  ClientOtherOps,
  DynamicQueryExtensionArgs,
  DynamicResultExtensionArgs,
  ExtendsHook,
  InternalArgs,
  ITXClientDenyList,
  MergeExtArgs,
  ModelKey,
  Optional,
  PrismaPromise,
  Return,
  TypeMapCbDef,
  TypeMapDef,
  UnwrapTuple,
} from "@prisma/client/runtime/client";
import type { CacheApi, ModelName } from "./cache-api.js";
import type { CachedDelegate } from "./delegate.js";
import type { CacheOptions } from "./options.js";

/** The client that `$extends(cacheExtension(…))` returns. */
export type CachedClient<Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> = CachedClientOf<
  Call<Cb, { extArgs: ExtArgs }>,
  Cb,
  ExtArgs
>;

type CachedClientOf<TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> = {
  [P in keyof ExtArgs["client"]]: Return<ExtArgs["client"][P]>;
} & Omit<Members<TypeMap, Cb, ExtArgs>, keyof ExtArgs["client"]> & {
    [P in Exclude<keyof TypeMap["other"]["operations"], keyof ExtArgs["client"]>]: P extends keyof ClientOtherOps
      ? ClientOtherOps[P]
      : never;
  } & { [K: symbol]: { types: TypeMap["other"] } };

/** What the cache puts in the place of Prisma's own. */
type Members<TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> = {
  [P in TypeMap["meta"]["modelProps"]]: CachedDelegate<TypeMap, ModelKey<TypeMap, P> & string, ExtArgs>;
} & CachedBuiltIns<TypeMap, Cb, ExtArgs>;

export interface CachedBuiltIns<TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> {
  $cache: CacheApi<TypeMap>;
  $extends: CachedExtendsHook<TypeMap, Cb, ExtArgs>;
  $transaction: CachedTransaction<TypeMap, Cb, ExtArgs>;
  $connect(): Promise<void>;
  $disconnect(): Promise<void>;
}

interface TransactionOptions<TypeMap extends TypeMapDef> {
  maxWait?: number;
  timeout?: number;
  isolationLevel?: TypeMap["meta"]["txIsolationLevel"];
}

export interface CachedTransaction<TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> {
  <P extends PrismaPromise<unknown>[]>(arg: [...P], options?: TransactionOptions<TypeMap>): Promise<UnwrapTuple<P>>;
  <R>(
    fn: (client: Omit<CachedClientOf<TypeMap, Cb, ExtArgs>, ITXClientDenyList>) => Promise<R>,
    options?: TransactionOptions<TypeMap>,
  ): Promise<R>;
}

type ModelKeys<TypeMap extends TypeMapDef> = TypeMap["meta"]["modelProps"] | "$allModels";
type QueryKeys<TypeMap extends TypeMapDef> =
  | ModelKeys<TypeMap>
  | keyof TypeMap["other"]["operations"]
  | "$allOperations";

/** `$extends` of a client that has the cache: what it returns has it too. Takes what Prisma's own takes. */
export interface CachedExtendsHook<TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> {
  extArgs: PublicExtArgs<TypeMap, Cb, ExtArgs>;
  // The names ending in _ carry the shape of what the user writes, so that its functions get contextual types; the others
  // carry the types of its members. Prisma's helper types expect this division.
  <
    R_ extends { [K in ModelKeys<TypeMap>]?: unknown },
    R,
    M_ extends { [K in ModelKeys<TypeMap>]?: unknown },
    M,
    Q_ extends { [K in QueryKeys<TypeMap>]?: unknown },
    C_ extends { [K in string]?: unknown },
    C,
    Args extends InternalArgs = InternalArgs<R, M, {}, C>,
    Merged extends InternalArgs = MergeExtArgs<TypeMap, ExtArgs, Args>,
  >(
    extension:
      | ((client: CachedClientOf<TypeMap, Cb, ExtArgs>) => { $extends: { extArgs: Args } })
      | {
          name?: string;
          query?: DynamicQueryExtensionArgs<Q_, TypeMap>;
          result?: DynamicResultExtensionArgs<R_, TypeMap> & R;
          model?: ModelMethods<M_, TypeMap, Cb, ExtArgs> & M;
          client?: ClientMethods<C_, TypeMap, Cb, ExtArgs> & C;
        },
  ): CachedClient<Cb, Merged>;
}

/** Methods for models, whose `Prisma.getExtensionContext(this)` is the delegate with the cache. */
type ModelMethods<M_, TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> = {
  [K in keyof M_]: K extends "$allModels"
    ? { [P in keyof M_[K]]?: unknown } & { [K: symbol]: {} }
    : K extends TypeMap["meta"]["modelProps"]
      ? { [P in keyof M_[K]]?: unknown } & {
          [K: symbol]: {
            ctx: CachedDelegate<TypeMap, ModelKey<TypeMap, K> & string, ExtArgs> & {
              $parent: CachedClientOf<TypeMap, Cb, ExtArgs>;
              $name: ModelKey<TypeMap, K>;
              name: ModelKey<TypeMap, K>;
            };
          };
        }
      : never;
};

/** Methods for the client, whose `Prisma.getExtensionContext(this)` is the client with the cache, or a transaction's. */
type ClientMethods<C_, TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> = {
  [P in keyof C_]: unknown;
} & {
  [K: symbol]: {
    ctx: Optional<CachedClientOf<TypeMap, Cb, ExtArgs>, ITXClientDenyList> & {
      $parent: Optional<CachedClientOf<TypeMap, Cb, ExtArgs>, ITXClientDenyList>;
    };
  };
};

/** The same as Prisma's own `$extends` understands it: the cache's members as those of a client extension. */
type PublicExtArgs<TypeMap extends TypeMapDef, Cb extends TypeMapCbDef, ExtArgs extends InternalArgs> = {
  result: ExtArgs["result"];
  model: ExtArgs["model"];
  query: {};
  client: ExtArgs["client"] & {
    [P in keyof Members<TypeMap, Cb, ExtArgs>]: () => Members<TypeMap, Cb, ExtArgs>[P];
  };
};

export type HookOf<Client> = Client extends { $extends: infer Hook } ? Hook : never;

/** The names of the models of a client. */
export type ModelNameOf<Client> =
  HookOf<Client> extends ExtendsHook<"extends", infer _Cb, infer _ExtArgs, infer TypeMap> ? ModelName<TypeMap> : string;

/** A client, with the cache. */
export type CachedClientFor<Client> =
  HookOf<Client> extends ExtendsHook<"extends", infer Cb, infer ExtArgs extends InternalArgs, infer _TypeMap>
    ? CachedClient<Cb, ExtArgs>
    : never;

/** Stands for a client whose type is not known, and says what to do about it. */
export interface UnknownClient {
  readonly "Write $extends(cacheExtension({ … })), or name the client: cacheExtension<PrismaClient>({ … })": never;
}

/**
 * What the extension is applied to. It names `Client` where no client ever is, only for TypeScript to infer it. Asking
 * for `Client` itself would make TypeScript compare the types of two clients member by member, which it gives up on for
 * schemas of many models.
 */
export type Accepted<Client> = [Client] extends [UnknownClient] ? UnknownClient | Client : { $extends: unknown };

/**
 * `cacheExtension`. `Client` is inferred where the call stands in `client.$extends(…)`, so that the names of models in
 * the options are checked; elsewhere it is to be written. Not for `Prisma.defineExtension`, which does not know what
 * the client omits.
 */
export interface CacheExtension {
  <Client = UnknownClient>(
    options?: CacheOptions<ModelNameOf<Client>>,
  ): (client: Accepted<Client>) => CachedClientFor<Client>;
}
