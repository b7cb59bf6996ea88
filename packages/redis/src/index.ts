export type { RedisInstance } from "./client.js";
export { createInvalidator, type Invalidator, type InvalidatorOptions } from "./invalidator.js";
export { checkNamespace } from "./keyspace.js";
export type { RedisStoreOptions } from "./options.js";
export { checkRedisStoreOptions, createRedisStore, type RedisStore } from "./redis-store.js";
