import type { PrismaClient } from "../../setup/generated/postgresql/client.js";

/** One load as the database saw it, in milliseconds of its clock. */
export interface Interval {
  readonly began: number;
  readonly ended: number;
}

/** Users whose rows take their time to be read, and are counted by the database as it reads them. */
export interface SlowUsers {
  /** How many loads of the row have begun by now, ended or not. */
  begun(): Promise<number>;
  /** Those that have ended, in the order in which they began. */
  intervals(): Promise<Interval[]>;
  /** Forgets what was counted. */
  forget(): Promise<void>;
  /** Loads take no end while `act` runs. */
  holding<T>(act: () => Promise<T>): Promise<T>;
}

/** The second row is as quick as ever: for whatever else a client has to read. */
const QUICK_ID = 2;

/** What processes call themselves whose reads are slow, and are counted. */
export const SLOW_READER = "slow reader";

/** Puts a view in the place of the table `users`. Each read of a row takes `milliseconds`. */
export async function slowUsers(truth: PrismaClient, milliseconds: number): Promise<SlowUsers> {
  for (const sql of [
    "CREATE SEQUENCE loads_begun",
    "CREATE TABLE loads (began timestamptz, ended timestamptz)",
    // A sequence counts at once, and whatever becomes of the statement. The lock is a gate that nobody keeps closed but a test.
    `CREATE FUNCTION slow_read(id int) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
      DECLARE began timestamptz := clock_timestamp();
      BEGIN
        IF id = ${QUICK_ID} OR current_setting('application_name') <> '${SLOW_READER}' THEN RETURN true; END IF;
        PERFORM nextval('loads_begun');
        PERFORM pg_sleep(${milliseconds / 1000});
        PERFORM pg_advisory_xact_lock_shared(1);
        INSERT INTO loads VALUES (began, clock_timestamp());
        RETURN true;
      END $$`,
    "ALTER TABLE users RENAME TO all_users",
    "CREATE VIEW users AS SELECT * FROM all_users WHERE slow_read(id)",
  ]) {
    await truth.$executeRawUnsafe(sql);
  }
  return {
    async begun() {
      const [row] = await truth.$queryRawUnsafe<{ count: number }[]>(
        "SELECT (CASE WHEN is_called THEN last_value ELSE 0 END)::int AS count FROM loads_begun",
      );
      return row!.count;
    },
    intervals: () =>
      truth.$queryRawUnsafe<Interval[]>(
        `SELECT (extract(epoch FROM began) * 1000)::float8 AS began, (extract(epoch FROM ended) * 1000)::float8 AS ended
         FROM loads ORDER BY began`,
      ),
    async forget() {
      await truth.$executeRawUnsafe("TRUNCATE loads");
      await truth.$queryRawUnsafe("SELECT setval('loads_begun', 1, false)::text");
    },
    holding: (act) =>
      truth.$transaction(
        async (tx) => {
          await tx.$queryRawUnsafe("SELECT pg_advisory_xact_lock(1)::text");
          return act();
        },
        { timeout: 60_000, maxWait: 60_000 },
      ),
  };
}

/** The most that were under way at one moment. */
export function mostAtOnce(intervals: readonly Interval[]): number {
  const steps = intervals
    .flatMap(({ began, ended }) => [
      { at: began, step: 1 },
      { at: ended, step: -1 },
    ])
    .toSorted((one, other) => one.at - other.at || one.step - other.step);
  let underWay = 0;
  let most = 0;
  for (const { step } of steps) most = Math.max(most, (underWay += step));
  return most;
}
