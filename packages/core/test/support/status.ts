import type { ReadPlan } from "../../src/read-plan.js";
import type { CacheUnderTest } from "./make-cache.js";

/** What becomes of a read, and why. */
export async function statusOf({ cache }: CacheUnderTest, plan: ReadPlan<unknown>): Promise<string> {
  const { info } = await cache.read(plan);
  return info.reason ? `${info.status}: ${info.reason}` : info.status;
}
