import { describe, expect, test } from "vitest";
import { GatedClient } from "../../src/client/gated-client.js";
import { StatementGate } from "../../src/client/statement-gate.js";

interface Queryable {
  queryRaw(statement: { sql: string }): Promise<unknown>;
  executeRaw(statement: { sql: string }): Promise<unknown>;
}

/** A driver adapter with a connection that notes what is sent by it, and its gate. */
async function gated(change: <T extends object>(one: T) => T = (one) => one) {
  const sent: string[] = [];
  const send = async ({ sql }: { sql: string }) => sent.push(sql);
  class Connection {
    readonly #kind = "own";
    queryRaw = send;
    executeRaw = send;
    startTransaction = async (level: string) => change({ queryRaw: send, executeRaw: send, level });
    kind() {
      return this.#kind;
    }
  }
  const factory = { connect: async () => change(new Connection()) };
  const gate = StatementGate.of(factory)!;
  return { factory, gate, sent, connection: await factory.connect() };
}

function locksUnderWay() {
  let settle!: () => void;
  const locks = new Promise<void>((resolve) => (settle = resolve));
  return { locks, settle };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a gate", () => {
  test("holds what may change rows until the locks have settled, and nothing else", async () => {
    const { gate, sent, connection } = await gated();
    const { locks, settle } = locksUnderWay();
    gate.hold(locks);
    const held = [
      connection.queryRaw({ sql: "INSERT INTO a" }),
      connection.executeRaw({ sql: "UPDATE a" }),
      connection.queryRaw({ sql: "WITH x AS (DELETE FROM a) SELECT 1" }),
    ];
    await connection.queryRaw({ sql: " select 1" });
    await connection.executeRaw({ sql: "COMMIT" });
    expect(sent).toEqual([" select 1", "COMMIT"]);
    settle();
    await Promise.all(held);
    expect(sent.slice(2)).toEqual(["INSERT INTO a", "UPDATE a", "WITH x AS (DELETE FROM a) SELECT 1"]);
    await connection.executeRaw({ sql: "UPDATE b" });
    expect(sent.at(-1)).toBe("UPDATE b");
  });

  test("holds what a transaction sends", async () => {
    const { gate, sent, connection } = await gated();
    const { locks, settle } = locksUnderWay();
    gate.hold(locks);
    const transaction = await connection.startTransaction("SERIALIZABLE");
    expect(transaction.level).toBe("SERIALIZABLE");
    const held = (transaction as Queryable).executeRaw({ sql: "DELETE FROM a" });
    await settled();
    expect(sent).toEqual([]);
    settle();
    await held;
    expect(sent).toEqual(["DELETE FROM a"]);
  });

  test("waits for the locks that were asked for before a statement came, not for later ones", async () => {
    const { gate, connection } = await gated();
    const [first, second] = [locksUnderWay(), locksUnderWay()];
    gate.hold(first.locks);
    const held = connection.executeRaw({ sql: "UPDATE a" });
    gate.hold(second.locks);
    first.settle();
    await held;
    second.settle();
  });

  test("opens where locks are refused", async () => {
    const { gate, connection } = await gated();
    gate.hold(Promise.reject(new Error("refused")));
    await connection.executeRaw({ sql: "UPDATE a" });
  });

  test("is the same for all clients of a driver adapter", async () => {
    const { factory, gate } = await gated();
    expect(StatementGate.of(factory)).toBe(gate);
  });

  test("leaves a connection as it is otherwise, a frozen one too", async () => {
    for (const change of [undefined, Object.freeze]) {
      const { connection } = await gated(change);
      expect(connection.kind()).toBe("own");
      expect("startTransaction" in connection).toBe(true);
    }
  });

  test.each([undefined, null, {}, Object.freeze({ connect: async () => ({}) })])(
    "cannot be put before %o",
    (adapter) => {
      expect(StatementGate.of(adapter)).toBeNull();
    },
  );
});

describe("a client is known to be gated", () => {
  const write = (connection: Queryable, sql: string) => async () => void (await connection.queryRaw({ sql }));

  test("from a write on whose statement was seen, on the latest connection", async () => {
    const { factory, gate, connection } = await gated();
    const client = new GatedClient(gate);
    await client.run("a", write(connection, 'SELECT FROM "a"'));
    expect(client.isGated).toBe(false);
    await client.run("a", write(connection, 'UPDATE "a"'));
    expect(client.isGated).toBe(true);
    await factory.connect();
    expect(client.isGated).toBe(false);
  });

  test("not by what others send, or by what comes after a change of another table", async () => {
    const { gate, connection } = await gated();
    const client = new GatedClient(gate);
    const other = new GatedClient(gate);
    await Promise.all([client.run("a", settled), other.run("a", write(connection, 'UPDATE "a"'))]);
    expect([client.isGated, other.isGated]).toEqual([false, true]);
    await client.run("a", async () => {
      await connection.queryRaw({ sql: 'INSERT INTO "log"' });
      await connection.queryRaw({ sql: 'UPDATE "a"' });
    });
    expect(client.isGated).toBe(false);
  });

  test("by the first writes on a connection, or not at all", async () => {
    const { factory, gate, connection } = await gated();
    const client = new GatedClient(gate);
    for (let i = 0; i < 3; i++) await client.run("a", settled);
    await client.run("a", write(connection, 'UPDATE "a"'));
    expect(client.isGated).toBe(false);
    const next = await factory.connect();
    await client.run("a", write(next, 'UPDATE "a"'));
    expect(client.isGated).toBe(true);
  });
});
