/** Does `act` with each of `items`, `inFlight` at a time: each caller takes the next item as soon as it has done one. */
export async function inParallel<T>(
  items: Iterable<T>,
  inFlight: number,
  act: (item: T) => PromiseLike<unknown>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const work = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await act(next.value);
  };
  await Promise.all(Array.from({ length: inFlight }, work));
}

/** The whole numbers from `first` to `last`. */
export function* numbers(first: number, last: number): Iterable<number> {
  for (let n = first; n <= last; n++) yield n;
}
