import { Client } from "pg";

/** Statements that are sent as one message, which is a transaction. */
export async function postgresScript(url: string, sql: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
