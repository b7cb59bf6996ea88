export type { EvercacheInstrumentationConfig, Instants } from "./config.js";
export type { ObservableCache } from "./metrics/observed-caches.js";
export { EvercacheInstrumentation } from "./instrumentation.js";
