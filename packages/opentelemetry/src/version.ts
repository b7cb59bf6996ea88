declare const EVERCACHE_VERSION: string | undefined;

/** Of this package: what traces and metrics say they come from. */
export const VERSION: string = typeof EVERCACHE_VERSION === "string" ? EVERCACHE_VERSION : "unpublished";
