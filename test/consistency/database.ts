import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { startPostgres } from "../setup/postgres.js";
import type { HistoryRow } from "./judge/timeline.js";
import { CLEAR_SQL, rowOf, SEED_SQL, type ModelName } from "./workload/universe.js";

const SCHEMA = new URL("schema.sql", import.meta.url);
const NAME = "consistency";

/** The database of a run, and what is known of it without any cache. */
export class Database {
  private constructor(
    readonly url: string,
    private readonly admin: Client,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(): Promise<Database> {
    const server = await startPostgres();
    const first = new Client(server.url("postgres"));
    await first.connect();
    await first.query(`CREATE DATABASE "${NAME}"`);
    await first.end();
    const url = server.url(NAME);
    const admin = new Client(url);
    admin.on("error", () => {});
    await admin.connect();
    await admin.query(readFileSync(SCHEMA, "utf8"));
    return new Database(url, admin, async () => {
      await admin.end().catch(() => {});
      await server.stop();
    });
  }

  /** Every row as at the start, and a history that begins there. */
  async seed(): Promise<void> {
    await this.admin.query(CLEAR_SQL);
    await this.admin.query(SEED_SQL);
  }

  /** Until no worker's statement runs any more, also of workers that are dead. */
  async quiet(workers: readonly string[]): Promise<void> {
    for (;;) {
      const { rows } = await this.admin.query<{ count: string }>(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = ANY($1) AND state <> 'idle'",
        [workers],
      );
      if (rows[0]!.count === "0") return;
      await delay(20);
    }
  }

  /** Ends up to `most` of a worker's connections, those with work first. */
  async terminate(worker: string, most: number): Promise<void> {
    await this.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = $1
                     ORDER BY (state <> 'idle') DESC, random() LIMIT $2)`,
      [worker, most],
    );
  }

  async history(): Promise<HistoryRow[]> {
    const { rows } = await this.admin.query<{ model: ModelName; id: number } & Omit<HistoryRow, "row">>(
      `SELECT "model", "id", "version", "nonce", "alive", coalesce("team", 0) AS "team", coalesce("kind", '') AS "kind",
         coalesce("mark", 0) AS "mark" FROM "history" ORDER BY "model", "id", "version", "seq"`,
    );
    return rows.map(({ model, id, ...state }) => ({ row: rowOf(model, id), ...state }));
  }

  stop(): Promise<void> {
    return this.end();
  }
}
