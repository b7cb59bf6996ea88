/**
 * Whether a server that answered so to `INFO memory` may drop keys to make room for others. In doubt it may: a `maxmemory` of 0 says
 * little where a limit is set from outside.
 */
export function readEvicts(memory: unknown): boolean {
  return typeof memory !== "string" || !/^maxmemory_policy:noeviction\s*$/m.test(memory);
}
