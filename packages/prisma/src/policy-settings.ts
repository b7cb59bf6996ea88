import { EvercacheError } from "@evercache/core";

/**
 * The policies of the options, each under the name that errors give it. `defaults` and `models` are those of the options,
 * checked as policies.
 */
export function namedPolicies(defaults: unknown, models: unknown): (readonly [name: string, policy: unknown])[] {
  const own = Object.entries((models ?? {}) as Record<string, unknown>);
  return [["defaults", defaults], ...own.map(([name, policy]) => [`models.${name}`, policy] as const)];
}

/** What a policy says of one of its settings; undefined where it is `false`, or says nothing. */
export function settingOf(policy: unknown, name: string): unknown {
  return (policy as Readonly<Record<string, unknown>> | null | undefined)?.[name];
}

export function invalidSetting(name: string, value: unknown, hint: string): EvercacheError {
  return new EvercacheError("INVALID_OPTION", `${name}: ${JSON.stringify(value)} is not valid: ${hint}.`, { value });
}
