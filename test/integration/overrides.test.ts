import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisUrl, testShop } from "../setup/client.js";
import { Prisma, type PrismaClient } from "../setup/generated/postgresql/client.js";

/*
 * Extensions that override methods, applied before the cache and after it. Clients are taken for plain ones here, as
 * types are not what these tests are about.
 */
type Extension = Parameters<PrismaClient["$extends"]>[0];
type Context = Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>> & {
  readonly $parent: Context;
};

let namespaces = 0;
async function shop(order: "before" | "after", extension: unknown) {
  const { prisma } = await testShop("postgresql");
  const cache = cacheExtension<PrismaClient>({
    redis: redisUrl(),
    namespace: `overrides-${process.pid}-${namespaces++}`,
    deadline: "10s",
    writeDeadline: "10s",
  });
  const apply = (client: PrismaClient, other: unknown) =>
    client.$extends(other as Extension) as unknown as PrismaClient;
  const client = order === "before" ? apply(apply(prisma, extension), cache) : apply(apply(prisma, cache), extension);
  const { $cache } = client as unknown as {
    $cache: {
      disconnect(): Promise<void>;
      invalidate(what: object): Promise<unknown>;
      on(name: "event", listener: (event: CacheEvent) => void): void;
    };
  };
  onTestFinished(() => $cache.disconnect());
  const nameOf = async () => (await client.user.findUnique({ where: { id: 1 } }))?.name;
  expect(await nameOf()).toBe("User 1");
  await $cache.invalidate({ tags: ["settled"] });
  return { plain: prisma, client, $cache, nameOf };
}

describe.each(["before", "after"] as const)("applied %s the cache", (order) => {
  test("a write override that calls the method below runs once, and its write is seen", async () => {
    let calls = 0;
    const extension = {
      model: {
        user: {
          async update(this: unknown, args: unknown) {
            calls++;
            return (Prisma.getExtensionContext(this) as Context).$parent["user"]!["update"]!(args);
          },
        },
      },
    };
    const { client, nameOf } = await shop(order, extension);
    await client.user.update({ where: { id: 1 }, data: { name: "new" } });
    expect({ calls, name: await nameOf() }).toEqual({ calls: 1, name: "new" });
    await client.$transaction((tx) => tx.user.update({ where: { id: 1 }, data: { name: "newer" } }));
    expect({ calls, name: await nameOf() }).toEqual({ calls: 2, name: "newer" });
  });

  test("a read override keeps what it returns", async () => {
    const extension = {
      model: {
        tag: {
          async findMany() {
            return ["mine"];
          },
          count: () => 7,
        },
      },
    };
    const { client } = await shop(order, extension);
    expect(await client.tag.findMany()).toEqual(["mine"]);
    expect(client.tag.count()).toBe(7);
  });

  test("a $transaction override through the context is fenced once", async () => {
    let calls = 0;
    const extension = {
      client: {
        $transaction(this: unknown, ...args: unknown[]) {
          calls++;
          const context = Prisma.getExtensionContext(this) as Context;
          return (context.$parent as unknown as Record<string, (...a: unknown[]) => unknown>)["$transaction"]!.apply(
            context,
            args,
          );
        },
      },
    };
    const { client, nameOf } = await shop(order, extension);
    await client.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 1 }, data: { name: "new" } });
      expect(await nameOf()).toBe("User 1");
    });
    expect({ calls, name: await nameOf() }).toEqual({ calls: 1, name: "new" });
    await client.$transaction([client.user.update({ where: { id: 1 }, data: { name: "newer" } })]);
    expect({ calls, name: await nameOf() }).toEqual({ calls: 2, name: "newer" });
  });

  test("a $transaction override on the client it closed over leaves nothing stale", async () => {
    const extension = Prisma.defineExtension((below) =>
      below.$extends({
        client: {
          $transaction(...args: unknown[]) {
            return (below as unknown as Record<string, (...a: unknown[]) => unknown>)["$transaction"]!.apply(
              below,
              args,
            );
          },
        },
      }),
    );
    const { client, nameOf, $cache } = await shop(order, extension);
    const warnings: string[] = [];
    $cache.on("event", (event) => event.type === "warning" && warnings.push(event.code));
    await client.$transaction((tx) => tx.user.update({ where: { id: 1 }, data: { name: "new" } }));
    expect(await nameOf()).toBe("new");
    expect(warnings).toEqual(order === "before" ? ["FOREIGN_TRANSACTION"] : []);
  });
});

test("a batch opened past the cache inside of a cached transaction does not share that one's rollback", async () => {
  const { plain, client, nameOf } = await shop("after", {});
  const rolledBack = client.$transaction(async () => {
    await plain.$transaction([client.user.update({ where: { id: 1 }, data: { name: "new" } })]);
    throw new Error("no");
  });
  await expect(rolledBack).rejects.toThrow("no");
  expect(await nameOf()).toBe("new");
});

test("what a transaction declares untrue is dropped at its commit too", async () => {
  const { plain, client, nameOf, $cache } = await shop("after", {});
  await plain.$executeRawUnsafe(
    "CREATE FUNCTION rename() RETURNS trigger AS $$ BEGIN UPDATE users SET name = 'by trigger' WHERE id = 1; RETURN NEW; END $$ LANGUAGE plpgsql",
  );
  await plain.$executeRawUnsafe(
    "CREATE TRIGGER renaming AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION rename()",
  );
  await client.$transaction(async (tx) => {
    await tx.auditLog.create({ data: { action: "x" } });
    await $cache.invalidate({ models: ["User"] });
    expect(await nameOf()).toBe("User 1");
  });
  expect(await nameOf()).toBe("by trigger");
});

// oxlint-disable typescript/unbound-method, typescript/no-base-to-string -- what is tested
test("methods taken off their delegate work, inside of a transaction too", async () => {
  const { client } = await shop("after", {});
  const { findUnique } = client.user;
  expect(await findUnique({ where: { id: 2 } })).toMatchObject({ name: "User 2" });
  const rolledBack = client.$transaction(async (tx) => {
    const { update, findUnique: find } = tx.user;
    await update({ where: { id: 2 }, data: { name: "inside" } });
    expect(await find({ where: { id: 2 } })).toMatchObject({ name: "inside" });
    throw new Error("no");
  });
  await expect(rolledBack).rejects.toThrow("no");
  expect(String(client.user.findMany())).toBe("[object PrismaPromise]");
});
