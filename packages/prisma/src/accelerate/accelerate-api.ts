import { areTagNames, asObject, checkNames, EvercacheError } from "@evercache/core";
import type { AccelerateApi } from "../types/accelerate.js";
import { newRequestId } from "./info.js";

/** What `$accelerate` needs of `$cache`. */
interface Invalidator {
  invalidate(target: { readonly tags: readonly string[] }): Promise<unknown>;
  invalidateAll(): Promise<unknown>;
}

/** `prisma.$accelerate`. */
export function accelerateApi(cache: Invalidator): AccelerateApi {
  return {
    async invalidate(input) {
      await cache.invalidate({ tags: tagsOf(input) });
      return { requestId: newRequestId() };
    },
    async invalidateAll() {
      await cache.invalidateAll();
      return { requestId: newRequestId() };
    },
  };
}

const EXAMPLE = '$accelerate.invalidate({ tags: ["home"] })';

/** @throws EvercacheError */
function tagsOf(input: unknown): readonly string[] {
  const { tags, ...others } = asObject(input, "$accelerate.invalidate", `write ${EXAMPLE}`);
  checkNames(others, ["tags"], "$accelerate.invalidate");
  if (areTagNames(tags)) return tags;
  throw new EvercacheError(
    "INVALID_OPTION",
    `$accelerate.invalidate: tags must be an array of names: write ${EXAMPLE}.`,
    {
      value: tags,
    },
  );
}
