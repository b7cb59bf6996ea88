import { openAdmin, type Admin } from "@evercache/redis/admin";
import type { Settings } from "../config/settings.js";
import { connect, type RedisConnection } from "./connection.js";

/** What applications have in Redis under one namespace. */
export interface Namespace {
  readonly connection: RedisConnection;
  readonly admin: Admin;
  /** For people. */
  readonly name: string;
}

/**
 * Connects, hands over, and closes when `use` is done.
 * @throws CliError with the exit code of an unreachable Redis
 */
export async function withNamespace<T>(settings: Settings, use: (namespace: Namespace) => Promise<T>): Promise<T> {
  const connection = await connect(settings.address);
  try {
    const admin = await openAdmin({ redis: connection.redis, namespace: settings.namespace });
    try {
      return await use({ connection, admin, name: `namespace "${settings.namespace}" at ${connection.name}` });
    } finally {
      await admin.close();
    }
  } finally {
    connection.close();
  }
}
