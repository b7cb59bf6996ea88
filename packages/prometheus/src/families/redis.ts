import type { Family, Sample } from "../family.js";
import type { NodeReading } from "../redis/node-reading.js";

export const REDIS: readonly Family[] = [
  {
    kind: "redis gauge",
    name: "evercache_redis_up",
    help: "0: Redis did not answer in time. Then there are no other figures of it",
    labels: ["node"],
    reading: ({ info }) => [[{}, info ? 1 : 0]],
  },
  {
    kind: "redis gauge",
    name: "evercache_redis_ping_seconds",
    help: "How long the answer to a PING took",
    labels: ["node"],
    reading: ({ pingMilliseconds }) => (pingMilliseconds === null ? [] : [[{}, pingMilliseconds / 1000]]),
  },
  field("gauge", "evercache_redis_used_memory_bytes", "used_memory", "What the server has allocated"),
  field("gauge", "evercache_redis_max_memory_bytes", "maxmemory", "How much it may. 0: without a limit"),
  field("gauge", "evercache_redis_connected_clients", "connected_clients", "Connections of clients"),
  field("gauge", "evercache_redis_connected_replicas", "connected_slaves", "Replicas that are connected"),
  field("counter", "evercache_redis_evicted_keys_total", "evicted_keys", "Keys dropped for want of memory"),
  field("counter", "evercache_redis_expired_keys_total", "expired_keys", "Keys that came to the end of their time"),
  field(
    "counter",
    "evercache_redis_keyspace_hits_total",
    "keyspace_hits",
    "Look-ups of keys that were there, of all clients",
  ),
  field("counter", "evercache_redis_keyspace_misses_total", "keyspace_misses", "Look-ups of keys that were not"),
  {
    kind: "redis counter",
    name: "evercache_redis_commands_total",
    help: "Commands of all clients, of the kinds that a cache sends",
    labels: ["node", "command"],
    reading: (reading) => commands(reading, "calls", 1),
  },
  {
    kind: "redis counter",
    name: "evercache_redis_command_seconds_total",
    help: "How long the server was at them",
    labels: ["node", "command"],
    reading: (reading) => commands(reading, "usec", 1e-6),
  },
];

/** A number that the server tells; of one that does not, there is no series. */
function field(kind: "gauge" | "counter", name: string, key: string, help: string): Family {
  return {
    kind: `redis ${kind}`,
    name,
    help,
    labels: ["node"],
    reading({ info }) {
      const value = info?.numbers.get(key);
      return value === undefined ? [] : [[{}, value]];
    },
  };
}

function commands({ info }: NodeReading, figure: "calls" | "usec", unit: number): Sample[] {
  return [...(info?.commands ?? [])].map(([command, figures]) => [{ command }, figures[figure] * unit]);
}
