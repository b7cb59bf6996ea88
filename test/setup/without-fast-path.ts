import { cacheExtension as withFastPath } from "../../packages/prisma/src/index.js";

export * from "../../packages/prisma/src/index.js";

/** In the place of @evercache/prisma where `EVERCACHE_TEST_FAST_PATH=off`: reads go through the hook, unless a test says otherwise. */
export const cacheExtension = ((options?: unknown) =>
  withFastPath(
    options === undefined || (typeof options === "object" && options !== null && !Array.isArray(options))
      ? { fastPath: false, ...(options as object) }
      : (options as never),
  )) as typeof withFastPath;
