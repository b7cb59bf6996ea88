/** The same type, not only types that can be assigned to each other: TypeScript finds two of these alike only then. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each is there to be compared
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles where `A` and `B` are the same type: `exactly<A, B>(true)`. */
export declare function exactly<A, B>(same: Equal<A, B>): void;

/** Compiles where both promise exactly the same. */
export declare function same<A, B>(plain: PromiseLike<A>, cached: PromiseLike<B>, ...proof: Proof<Equal<A, B>>): void;
type Proof<Same> = Same extends true ? [] : [error: "the results differ"];

/** Compiles where `promise` promises exactly `Expected`: `promises<Expected>()(promise)`. */
export declare function promises<Expected>(): <A>(promise: PromiseLike<A>, ...proof: Proof<Equal<A, Expected>>) => void;
