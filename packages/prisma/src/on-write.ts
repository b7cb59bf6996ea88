import { EvercacheError, type Consistency } from "@evercache/core";

/** The setting of a model's policy that says what its writes leave in the cache. */
export const ON_WRITE_SETTINGS = { defaults: ["onWrite"], models: ["onWrite"] } as const;

/**
 * @throws EvercacheError for what is no way to leave the cache, and for `"refill"` where writes are not locked beforehand.
 * `defaults` and `models` are those of the options, checked as policies.
 */
export function checkOnWrite(consistency: Consistency, defaults: unknown, models: unknown): void {
  const own = Object.entries((models ?? {}) as Record<string, unknown>);
  for (const [name, policy] of [
    ["defaults", defaults] as const,
    ...own.map(([key, of]) => [`models.${key}`, of] as const),
  ]) {
    const onWrite = onWriteOf(policy);
    if (onWrite === undefined || onWrite === "drop") continue;
    if (onWrite !== "refill") throw invalid(name, onWrite, 'write "drop" or "refill"');
    if (consistency !== "eventual") continue;
    const hint = 'leave it out, or write consistency: "bounded": at "eventual" nobody sees who else wrote meanwhile';
    throw invalid(name, onWrite, hint);
  }
}

/** Whether writes to a model leave its new rows in the cache. */
export function refillsOnWrite(defaults: unknown, models: unknown, model: string): boolean {
  const own = (models as Readonly<Record<string, unknown>> | undefined)?.[model];
  return (onWriteOf(own) ?? onWriteOf(defaults)) === "refill";
}

function onWriteOf(policy: unknown): unknown {
  return (policy as { readonly onWrite?: unknown } | null | undefined)?.onWrite;
}

function invalid(name: string, value: unknown, hint: string): EvercacheError {
  return new EvercacheError("INVALID_OPTION", `${name}.onWrite: ${JSON.stringify(value)} is not valid: ${hint}.`, {
    value,
  });
}
