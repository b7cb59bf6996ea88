import type { Consistency } from "@evercache/core";
import { invalidSetting, namedPolicies, settingOf } from "./policy-settings.js";

/** The setting of a model's policy that says what its writes leave in the cache. */
export const ON_WRITE_SETTINGS = { defaults: ["onWrite"], models: ["onWrite"] } as const;

/**
 * @throws EvercacheError for what is no way to leave the cache, and for `"refill"` where writes are not locked beforehand.
 * `defaults` and `models` are those of the options, checked as policies.
 */
export function checkOnWrite(consistency: Consistency, defaults: unknown, models: unknown): void {
  for (const [policyName, policy] of namedPolicies(defaults, models)) {
    const name = `${policyName}.onWrite`;
    const onWrite = settingOf(policy, "onWrite");
    if (onWrite === undefined || onWrite === "drop") continue;
    if (onWrite !== "refill") throw invalidSetting(name, onWrite, 'write "drop" or "refill"');
    if (consistency !== "eventual") continue;
    const hint = 'leave it out, or write consistency: "bounded": at "eventual" nobody sees who else wrote meanwhile';
    throw invalidSetting(name, onWrite, hint);
  }
}

/** Whether writes to a model leave its new rows in the cache. */
export function refillsOnWrite(defaults: unknown, models: unknown, model: string): boolean {
  const own = (models as Readonly<Record<string, unknown>> | undefined)?.[model];
  return (settingOf(own, "onWrite") ?? settingOf(defaults, "onWrite")) === "refill";
}
