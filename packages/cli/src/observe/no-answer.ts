/** Why no process answers, and what to do, in one line. */
export function noAnswer(namespace: string, asked: number): string {
  if (asked > 0) {
    const who = asked === 1 ? "1 process has" : `${asked} processes have`;
    return `${who} heard the question, and none has answered in time: busy, or with another version of evercache.`;
  }
  return (
    `No process answers in the namespace "${namespace}". Those answer that have used their cache, and whose cacheExtension ` +
    "has observable: true, or a model with l1: true."
  );
}
