declare const EVERCACHE_VERSION: string | undefined;

/** Of this package, as bundle.mjs writes it here. */
export const VERSION: string = typeof EVERCACHE_VERSION === "string" ? EVERCACHE_VERSION : "unpublished";
