import type { EvercacheConfig } from "./config/config-file.js";

export type { EvercacheConfig } from "./config/config-file.js";
export { ExitCode } from "./exit-codes.js";

/** Gives `evercache.config.ts` its types: `export default defineConfig({ redis: "redis://localhost:6379" })`. */
export function defineConfig(config: EvercacheConfig): EvercacheConfig {
  return config;
}
