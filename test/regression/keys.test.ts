import { describe, expect, test } from "vitest";
import { sameByType } from "../integration/same-by-type.js";
import { redisUrl } from "../setup/client.js";
import { Prisma, type PrismaClient } from "../setup/generated/postgresql/client.js";
import { byWords } from "./naive/keys.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

type Query = (prisma: PrismaClient) => PromiseLike<unknown>;

const settings = (where: Prisma.ProfileWhereInput["settings"]): Query => {
  return (prisma) => prisma.profile.findMany({ where: { settings: where! }, orderBy: { userId: "asc" } });
};

/** Queries that look alike to a careless key, and have other results. */
const TWINS: readonly (readonly [string, Query, Query])[] = [
  [
    "a fluent call, and the selection that it stands for",
    (prisma) => prisma.user.findUnique({ where: { id: 1 } }).reviews(),
    (prisma) => prisma.user.findUnique({ where: { id: 1 }, select: { reviews: true } }),
  ],
  ["DbNull and JsonNull", settings({ equals: Prisma.DbNull }), settings({ equals: Prisma.JsonNull })],
  ["JsonNull and AnyNull", settings({ equals: Prisma.JsonNull }), settings({ equals: Prisma.AnyNull })],
  ["AnyNull and an empty object", settings({ equals: Prisma.AnyNull }), settings({ equals: {} })],
];

/** Texts that a readable key merges. */
const ADDRESSES: readonly (readonly [string, string])[] = [
  ["a.b@x.com", "ab@x.com"],
  ["ab@xcom", "a.b@x.com"],
  ["a,b", "a%2Cb"],
  ['a"b', 'a\\"b'],
  ["a:b", "a;b"],
  ["~", "%7E"],
];

const byEmail = (email: string): Query => {
  return (prisma) => prisma.user.findMany({ where: { email } });
};

async function scenario(make: MakeSubject, one: Query, other: Query) {
  const { plain } = await hookedDatabase();
  await plain.profile.create({ data: { id: "p3", userId: 3, settings: Prisma.JsonNull } });
  await plain.profile.create({ data: { id: "p4", userId: 4, settings: {} } });
  await plain.user.createMany({
    data: [...new Set(ADDRESSES.flat())].map((email, i) => ({ id: 100 + i, email, name: email })),
  });
  const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
  expect(sameByType(await one(plain), await other(plain)), "the scenario tells the two apart").not.toBeNull();
  await one(prisma);
  await settled();
  return sameByType(await other(prisma), await other(plain)) === null ? "apart" : "merged";
}

describe("two queries that look alike", () => {
  test.each(TWINS)("%s: have keys of their own", async (_, one, other) => {
    expect(await scenario(evercache(), one, other)).toBe("apart");
    expect(await scenario(evercache(), other, one)).toBe("apart");
  });

  test.each(TWINS)("%s: share one in a naive cache", async (_, one, other) => {
    expect(await scenario(naive(), one, other)).toBe("merged");
  });

  test.each(ADDRESSES)("%s and %s have keys of their own", async (one, other) => {
    expect(await scenario(evercache(), byEmail(one), byEmail(other))).toBe("apart");
  });

  test("share one in a naive cache where only words count", async () => {
    expect(await scenario(naive({ key: byWords }), byEmail("ab@xcom"), byEmail("a.b@x.com"))).toBe("merged");
  });
});

describe("a client that leaves columns out of its results", () => {
  async function passwordsOf(make: MakeSubject) {
    const { plain: open, database } = await hookedDatabase();
    const { plain: discreet } = await hookedDatabase({ database, omit: { user: { password: true } } });
    const place = { redisUrl: redisUrl(), namespace: ownNamespace() };
    const [a, b] = [make(open, place), make(discreet, place)];
    await a.prisma.user.findUnique({ where: { id: 1 } });
    await a.settled();
    return (await b.prisma.user.findUnique({ where: { id: 1 } }))?.password;
  }

  test("is never given them by another that does not", async () => {
    expect(await passwordsOf(evercache())).toBeUndefined();
  });

  test("is given them by a naive cache", async () => {
    expect(await passwordsOf(naive())).toBe("secret");
  });
});
