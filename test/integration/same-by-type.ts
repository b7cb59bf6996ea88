/** Where two results differ in value, type or property order; `null` where they do not. */
export function sameByType(actual: unknown, expected: unknown, path = "result"): string | null {
  if (Object.is(actual, expected)) return null;
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) {
    return `${path}: ${show(actual)} instead of ${show(expected)}`;
  }
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) {
    return `${path}: a ${actual.constructor?.name} instead of a ${expected.constructor?.name}`;
  }
  const prototype: unknown = Object.getPrototypeOf(actual);
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) {
    const [a, b] = [spell(actual), spell(expected)];
    return a === b ? null : `${path}: ${a} instead of ${b}`;
  }
  const keys = Object.keys(actual);
  if (keys.join() !== Object.keys(expected).join()) {
    return `${path}: the fields ${keys.join()} instead of ${Object.keys(expected).join()}`;
  }
  for (const key of keys) {
    const difference = sameByType(
      (actual as Record<string, unknown>)[key],
      (expected as Record<string, unknown>)[key],
      `${path}.${key}`,
    );
    if (difference !== null) return difference;
  }
  return null;
}

function spell(value: object): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  // Decimal and its like.
  return (value as { toString(): string }).toString();
}

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
  return `${typeof value} ${text}`;
}
