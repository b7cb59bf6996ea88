import { onTestFinished } from "vitest";
import { outcomeOf } from "../../../packages/prisma/src/mutation/outcome.js";
import { createDatabase, testClient, type Provider, type TestDatabase } from "../../setup/client.js";
import type { PrismaClient } from "../../setup/generated/postgresql/client.js";

/** A client, or a transaction's. */
export type Writer = Omit<PrismaClient, `$${string}`> & Pick<PrismaClient, "$executeRawUnsafe" | "$queryRawUnsafe">;

/** How a write is committed: by itself, as the member of a batch, in an interactive transaction. */
export type Way = "bare" | "batch" | "interactive";
export const WAYS: readonly Way[] = ["bare", "batch", "interactive"];

/** What tells errors apart: what the application sees, and what the driver adapter said. */
export interface ErrorShape {
  readonly name: string;
  readonly code?: unknown;
  readonly kind?: unknown;
  readonly originalCode?: unknown;
}

export interface OutcomeWorld {
  readonly database: TestDatabase;
  /** On a connection of its own, that no fault reaches. */
  readonly truth: PrismaClient;
  /** All that the tests write. */
  readonly rows: () => Promise<string>;
}

class NothingFailed extends Error {
  override readonly name = "NothingFailed";
}

/** Runs what is to fail; resolves to its error. */
export async function failure(act: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return new NothingFailed();
}

export function commit(client: PrismaClient, way: Way, write: (client: Writer) => PromiseLike<unknown>) {
  switch (way) {
    case "bare":
      return write(client);
    case "batch":
      return client.$transaction([write(client) as ReturnType<PrismaClient["$executeRawUnsafe"]>]);
    case "interactive":
      return client.$transaction(async (tx) => write(tx as unknown as Writer));
    default:
      return way satisfies never;
  }
}

export function shapeOf(error: unknown): ErrorShape {
  const { name, constructor, code, meta, cause } = error as Error & {
    code?: unknown;
    meta?: { driverAdapterError?: { cause?: Omit<ErrorShape, "name"> } };
  };
  const known = meta?.driverAdapterError?.cause ?? (name === "DriverAdapterError" ? (cause as ErrorShape) : undefined);
  return {
    name: name === "Error" ? constructor.name : name,
    ...(code === undefined ? {} : { code }),
    ...(known?.kind === undefined ? {} : { kind: known.kind }),
    ...(known?.originalCode === undefined ? {} : { originalCode: known.originalCode }),
  };
}

/** Two users, a tag, and a client of one's own that no fault reaches. */
export async function outcomeWorld(provider: Provider): Promise<OutcomeWorld> {
  const database = await createDatabase(provider);
  onTestFinished(() => database.drop());
  const { prisma: truth } = await testClient(provider, { database });
  for (const id of [1, 2]) await truth.user.create({ data: { id, email: `u${id}`, name: "old" } });
  await truth.tag.create({ data: { name: "taken" } });
  await truth.order.create({ data: { number: "1", userId: 1 } });
  const rows = async () =>
    JSON.stringify([
      await truth.$queryRawUnsafe("SELECT id, email, name FROM users ORDER BY id"),
      await truth.tag.findMany({ orderBy: { id: "asc" } }),
      await truth.profile.findMany({ select: { userId: true } }),
      await truth.address.count(),
      await truth.order.count(),
      await truth.supplier.findMany({ select: { name: true } }),
    ]);
  return { database, truth, rows };
}

/** What is said of a failed write, and what was written. */
interface Verdict {
  readonly error: ErrorShape;
  readonly outcome: ReturnType<typeof outcomeOf>;
  readonly written: boolean;
}

/**
 * Runs a write that fails, and says what it was taken for, and whether the database was changed. `during` runs once the
 * write has begun.
 */
export async function verdictOf(
  { rows }: OutcomeWorld,
  act: () => PromiseLike<unknown>,
  during?: () => Promise<unknown>,
): Promise<Verdict> {
  const before = await rows();
  const [error] = await Promise.all([failure(act), during?.()]);
  return { error: shapeOf(error), outcome: outcomeOf(error), written: (await rows()) !== before };
}

export const known = (code: string, kind?: string, originalCode?: string): ErrorShape => ({
  name: "PrismaClientKnownRequestError",
  code,
  ...(kind === undefined ? {} : { kind }),
  ...(originalCode === undefined ? {} : { originalCode }),
});

const INVALID: ErrorShape = { name: "PrismaClientValidationError" };

/** A write that is refused as a whole, however it is committed. */
export interface Refused {
  readonly what: string;
  readonly write: (client: Writer) => PromiseLike<unknown>;
  readonly error: ErrorShape;
  /** Where it is not certain to whoever does not know the SQL, or the database. */
  readonly outcome?: "ambiguous";
}

/** What Prisma refuses by itself, whatever the database. */
export const REFUSED_EVERYWHERE: readonly Refused[] = [
  {
    what: "an argument that does not exist",
    write: (client) => client.user.update({ where: { id: 1 }, data: { nothing: 1 } as never }),
    error: INVALID,
  },
  {
    what: "an argument that is missing",
    write: (client) => client.user.create({ data: { name: "new" } as never }),
    error: INVALID,
  },
  {
    what: "a row that does not exist",
    write: (client) => client.user.update({ where: { id: 99 }, data: { name: "new" } }),
    error: known("P2025"),
  },
  {
    what: "a related row that does not exist, after another was written",
    write: (client) =>
      client.user.update({
        where: { id: 1 },
        data: {
          name: "new",
          profile: { create: {} },
          addresses: { update: { where: { id: "no" }, data: { city: "x" } } },
        },
      }),
    error: known("P2025"),
  },
  {
    what: "a required relation emptied",
    write: (client) =>
      client.user.update({
        where: { id: 1 },
        data: { name: "new", orders: { set: [] } as never, profile: { create: {} } },
      }),
    error: known("P2014"),
  },
  {
    what: "rows that are not connected",
    write: (client) => client.user.update({ where: { id: 1 }, data: { addresses: { delete: { id: "no" } } } }),
    error: known("P2017"),
  },
];
