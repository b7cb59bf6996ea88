/**
 * The data of `aggregate`. `Output` is what the schema says that the operation may return.
 * Not Prisma's own type for extended clients: that one gives the average of a BigInt as a bigint, and it is a number.
 */
export type AggregateData<A, Output> = {
  [P in keyof A & keyof Output]: P extends "_count"
    ? Counted<A[P], Required<Output>[P], true>
    : Chosen<A[P], Required<Output>[P]>;
};

/** The data of `groupBy`. `Output` is one group, with all that it may have. */
export type GroupByData<A, Output> = (Pick<Required<Output>, ByField<A> & keyof Output> & {
  [P in keyof A & keyof Output]: P extends "_count"
    ? Counted<A[P], Required<Output>[P], boolean>
    : Chosen<A[P], Required<Output>[P]>;
})[];

type Counted<Wanted, Found, CountsRows> = Wanted extends CountsRows ? number : Chosen<Wanted, Found>;
type Chosen<Wanted, Found> = Found extends object
  ? { [K in keyof Wanted]: K extends keyof Found ? Found[K] : never }
  : never;

type ByField<A> = A extends { by: infer By } ? (By extends readonly (infer Field)[] ? Field : By) : never;

/** `unknown`, or a sentence where TypeScript can see that the database would refuse a `groupBy`. */
export type GroupByMistake<A> = A extends { by: readonly never[] }
  ? "by: name at least one field."
  : OneOf<Exclude<HavingField<Of<A, "having">>, ByField<A>>> extends infer Field extends string
    ? `having: the field ${Field} is not in by.`
    : "take" extends keyof A
      ? OrderMistake<A, "take">
      : "skip" extends keyof A
        ? OrderMistake<A, "skip">
        : OrderFieldMistake<A>;

type OrderMistake<A, Taking extends string> = "orderBy" extends keyof A
  ? OrderFieldMistake<A>
  : `${Taking}: groups have no order of their own; add orderBy.`;

type OrderFieldMistake<A> =
  OneOf<Exclude<OrderField<Of<A, "orderBy">>, ByField<A>>> extends infer Field extends string
    ? `orderBy: the field ${Field} is not in by.`
    : unknown;

type Of<A, K extends string> = A extends { [P in K]: infer V } ? V : never;
/** `unknown` for nothing, else the names. */
type OneOf<Names> = [Names] extends [never] ? unknown : Names;

type OrderField<Order> = Order extends readonly (infer One)[]
  ? OrderField<One>
  : Order extends object
    ? Exclude<keyof Order, `_${string}`>
    : never;

type HavingField<Having> = Having extends readonly (infer One)[]
  ? HavingField<One>
  : Having extends object
    ? {
        [K in keyof Having]-?: K extends "AND" | "OR" | "NOT" ? HavingField<Having[K]> : FieldItself<Having[K], K>;
      }[keyof Having]
    : never;

/** A condition on nothing but aggregates of a field asks nothing of `by`. */
type FieldItself<Condition, K> = Condition extends undefined
  ? never
  : Condition extends object
    ? {} extends Omit<Condition, "_count" | "_avg" | "_sum" | "_min" | "_max">
      ? never
      : K
    : K;
