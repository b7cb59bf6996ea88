export interface Patience {
  /** Milliseconds that the others have, once there is an answer. */
  readonly afterFirst: number;
  /** Milliseconds that all have. */
  readonly atMost: number;
}

/** What has been answered when all have settled or the patience has ended. Empty if there was no answer. */
export async function firstAnswers<T>(
  questions: readonly Promise<T>[],
  { afterFirst, atMost }: Patience,
): Promise<readonly T[]> {
  const answers: T[] = [];
  let first: NodeJS.Timeout | undefined;
  let last: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    last = setTimeout(resolve, atMost).unref();
    const settled = questions.map(async (question) => {
      try {
        answers.push(await question);
        first ??= setTimeout(resolve, afterFirst).unref();
      } catch {
        // Others may know.
      }
    });
    void Promise.all(settled).then(() => resolve());
  });
  clearTimeout(first);
  clearTimeout(last);
  // Who answers now is too late.
  return [...answers];
}
