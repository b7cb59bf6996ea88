/*
 * Rows and lists of results are not written as literals. V8 notes for each literal how many of its objects outlive young
 * memory; where many do, since many requests are answered at a time, it makes them in old memory from then on, and
 * everything that a result leads to outlives it until all of the memory is gone through.
 */

/** A slice of it is a list of that length, at most, which is to be filled. */
export const BLANK: null[] = [];
for (let i = 0; i < 1000; i++) BLANK.push(null);
