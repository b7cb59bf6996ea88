import type {
  DynamicModelExtensionFnResultBase,
  DynamicModelExtensionFnResultNull,
  Exact,
  InternalArgs,
  Path,
  PrismaPromise,
  Return,
  Select,
  TypeMapDef,
} from "@prisma/client/runtime/client";
import type { AccelerateMembers, PrismaCacheStrategy, WithAccelerateInfo } from "./accelerate.js";
import type { AggregateData, GroupByData, GroupByMistake } from "./aggregate.js";
import type { WithCacheInfo } from "./info.js";
import type { CacheArgument } from "./options.js";

/** The operations that the cache answers. */
export type ReadOperation =
  | "findUnique"
  | "findUniqueOrThrow"
  | "findFirst"
  | "findFirstOrThrow"
  | "findMany"
  | "count"
  | "aggregate"
  | "groupBy";

/** The operations that return one row, whose relations can be asked for: `findUnique(…).posts()`. */
type FluentOperation =
  | "findUnique"
  | "findUniqueOrThrow"
  | "findFirst"
  | "findFirstOrThrow"
  | "create"
  | "update"
  | "upsert"
  | "delete";

/** `prisma.product` of a client with the cache: Prisma's own, but that reads take `cache` and know where they came from. */
export type CachedDelegate<TypeMap extends TypeMapDef, Model extends string, ExtArgs extends InternalArgs> = {
  [P in keyof OwnMethods<ExtArgs, Model>]: Return<OwnMethods<ExtArgs, Model>[P]>;
} & {
  [P in Exclude<keyof Operations<TypeMap, Model>, keyof OwnMethods<ExtArgs, Model>>]: Method<
    TypeMap,
    Model,
    P,
    KindOf<P, ExtArgs>
  >;
} & {
  [P in Exclude<"fields", keyof OwnMethods<ExtArgs, Model>>]: TypeMap["model"][Model]["fields"];
} & {
  // `types` is for Prisma.Args, Prisma.Result and Prisma.Payload; `meta` is what a generated delegate has.
  [K: symbol]: { types: CachedModelTypes<TypeMap["model"][Model], ExtArgs>; meta: { name: Model } };
};

/** The methods that model extensions gave this model. */
type OwnMethods<ExtArgs extends InternalArgs, Model extends string> = ExtArgs["model"][Uncapitalize<Model>];
type Operations<TypeMap extends TypeMapDef, Model extends string> = TypeMap["model"][Model]["operations"];

type CachedModelTypes<Types extends { operations: object }, ExtArgs extends InternalArgs> = {
  [K in keyof Types]: K extends "operations" ? CachedOperationTypes<Types["operations"], ExtArgs> : Types[K];
};
type CachedOperationTypes<Types, ExtArgs extends InternalArgs> = {
  [P in keyof Types]: P extends ReadOperation
    ? { [K in keyof Types[P]]: K extends "args" ? Types[P][K] & MoreArgs<KindOf<P, ExtArgs>> : Types[P][K] }
    : Types[P];
};

/** `"accelerated"`: a read of a client with `withAccelerate`, known by what that adds to the client. */
type Kind = "read" | "accelerated" | "write";
type KindOf<P, ExtArgs extends InternalArgs> = P extends ReadOperation
  ? ExtArgs["client"] extends { [K in keyof AccelerateMembers]: () => AccelerateMembers[K] }
    ? "accelerated"
    : "read"
  : "write";

/** What a method takes beside Prisma's own arguments. */
type MoreArgs<K> = K extends "accelerated"
  ? CacheArgument & PrismaCacheStrategy
  : K extends "read"
    ? CacheArgument
    : unknown;

type ArgsOf<TypeMap extends TypeMapDef, Model extends string, P extends PropertyKey, K> = Operations<
  TypeMap,
  Model
>[P]["args"] &
  MoreArgs<K>;

type Method<TypeMap extends TypeMapDef, Model extends string, P extends PropertyKey, K extends Kind> = SecondSignature &
  ({} extends ArgsOf<TypeMap, Model, P, K>
    ? <A extends ArgsOf<TypeMap, Model, P, K>>(
        args?: Exact<A, ArgsOf<TypeMap, Model, P, K>> & Mistake<A, P>,
      ) => MethodResult<TypeMap, Model, A, P, K>
    : <A extends ArgsOf<TypeMap, Model, P, K>>(
        args: Exact<A, ArgsOf<TypeMap, Model, P, K>> & Mistake<A, P>,
      ) => MethodResult<TypeMap, Model, A, P, K>);

/**
 * Makes a client with the cache assignable to `Prisma.TransactionClient`. Of two generic functions with one signature
 * each, TypeScript asks whether their type parameters agree, and those of Prisma's extended and generated delegates do
 * not. Where either has a second signature, TypeScript compares what the functions take and return instead.
 * No call has as many arguments, so none is resolved to it, and it takes no part in error messages.
 */
type SecondSignature = (a: never, b: never, c: never, d: never, e: never, f: never, g: never, h: never) => never;

/** `unknown`, or a sentence where TypeScript can see what Prisma would refuse. */
type Mistake<A, P> = P extends "groupBy"
  ? GroupByMistake<A>
  : A extends { select: object; include: object }
    ? "Write either select or include."
    : A extends { select: object; omit: object }
      ? "Write either select or omit."
      : unknown;

type MethodResult<TypeMap extends TypeMapDef, Model extends string, A, P extends PropertyKey, K extends Kind> = Query<
  Data<TypeMap, Model, A, P>,
  K
> &
  (P extends FluentOperation
    ? 0 extends A & 1
      ? AnyRelations<Relations<TypeMap, Model>>
      : CachedRelations<TypeMap, Model, FluentKind<K>, DynamicModelExtensionFnResultNull<P>>
    : unknown);

type FluentKind<K extends Kind> = K extends "write" ? "write" : "read";
type Query<Result, QueryKind> = PrismaPromise<Result> &
  (QueryKind extends "write" ? unknown : WithCacheInfo<Result>) &
  (QueryKind extends "accelerated" ? WithAccelerateInfo<Result> : unknown);

type Data<TypeMap extends TypeMapDef, Model extends string, A, P extends PropertyKey> = P extends "aggregate"
  ? AggregateData<A, Operations<TypeMap, Model>[P]["result"]>
  : P extends "groupBy"
    ? GroupByData<A, Operations<TypeMap, Model>[P]["result"][number]>
    : DynamicModelExtensionFnResultBase<TypeMap, Model, A, P>;

/**
 * The methods named after relations. They take no `cache`: that stands in the first call, `findUnique({ cache }).posts()`.
 * `Null`: what a relation is where the row that it belongs to was not found, or has none.
 * What they take and return is the same for every operation of a kind, so that TypeScript looks at them once.
 */
export type CachedRelations<TypeMap extends TypeMapDef, Model extends string, QueryKind, Null> = {
  [K in keyof Relations<TypeMap, Model>]: SecondSignature &
    (<A>(
      args?: Exact<A, RelationArgs<TypeMap, Model, K>>,
    ) => Query<RelationData<TypeMap, Model, K, A> | Null, QueryKind> &
      (Relations<TypeMap, Model>[K] extends readonly unknown[]
        ? unknown
        : CachedRelations<
            TypeMap,
            NameOf<Relations<TypeMap, Model>[K]>,
            QueryKind,
            Null | Select<Relations<TypeMap, Model>[K], null>
          >));
};

/**
 * For arguments that are `any`. Of a call it says no less than the arguments do; and TypeScript, which puts `any` for type
 * parameters where it compares a client with `Prisma.TransactionClient`, need not follow every relation of every model.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what `any` gives
type AnyRelations<Names> = { [K in keyof Names]: any };

type Relations<TypeMap extends TypeMapDef, Model extends string> = TypeMap["model"][Model]["payload"]["objects"];
type NameOf<Payload> = NonNullable<Payload> extends { name: infer Name extends string } ? Name : never;
type RelationArgs<TypeMap extends TypeMapDef, Model extends string, K extends PropertyKey> = Path<
  Operations<TypeMap, Model>["findUniqueOrThrow"]["args"]["select"],
  [K]
>;
type RelationData<TypeMap extends TypeMapDef, Model extends string, K extends PropertyKey, A> = Path<
  DynamicModelExtensionFnResultBase<TypeMap, Model, { select: { [Relation in K]: A } }, "findUniqueOrThrow">,
  [K]
>;
