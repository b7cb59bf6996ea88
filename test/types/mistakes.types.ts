// What the generated client refuses is refused, where Prisma's own extended clients let some of it pass.
import { cached } from "./clients.ts";

const where = { id: 1 };

// @ts-expect-error: no such field
cached.user.findMany({ where: { nmae: "a" } });
// @ts-expect-error: a number
cached.user.findMany({ where: { id: "1" } });
// @ts-expect-error: no such field
cached.user.findMany({ select: { nmae: true } });
// @ts-expect-error: no such relation
cached.user.findMany({ include: { tags: true } });
// @ts-expect-error: no such field, deeper
cached.user.findMany({ include: { posts: { where: { titel: "a" } } } });
// @ts-expect-error: no such argument
cached.user.findMany({ were: { id: 1 } });
// @ts-expect-error: no such order
cached.user.findMany({ orderBy: { id: "up" } });
// @ts-expect-error: no such value of the enum
cached.user.findMany({ where: { role: "OWNER" } });
// @ts-expect-error: not unique
cached.user.findUnique({ where: { name: "a" } });
// @ts-expect-error: a part of a compound key
cached.orderItem.findUnique({ where: { orderId: 1 } });
// @ts-expect-error: which one
cached.user.findUnique();
// @ts-expect-error: which one
cached.user.findUniqueOrThrow({});
// @ts-expect-error: no such model
cached.usr;
// @ts-expect-error: no such operation
cached.user.findAll();
// @ts-expect-error: either
cached.user.findMany({ select: { id: true }, include: { posts: true } });
// @ts-expect-error: either
cached.user.findFirst({ select: { id: true }, omit: { name: true } });
// @ts-expect-error: no such relation
cached.user.findFirst().tags();
// @ts-expect-error: a list has no relations
cached.user.findFirst().posts().author();
// @ts-expect-error: a list has no relations
cached.user.findMany().posts();
// @ts-expect-error: no such argument of a relation
cached.user.findUnique({ where }).posts({ wher: { id: 1 } });
// @ts-expect-error: a field left out
cached.user.create({ data: { email: "a" } });
// @ts-expect-error: no such field
cached.user.update({ where, data: { nmae: "a" } });
// @ts-expect-error: what to sum
cached.order.aggregate({ _sum: { at: true } });
// @ts-expect-error: no number
cached.user.aggregate({ _avg: { name: true } });

// @ts-expect-error: no fields
cached.user.groupBy({ by: [] });
// @ts-expect-error: by what
cached.user.groupBy({ _count: true });
// @ts-expect-error: no such field
cached.user.groupBy({ by: ["nmae"] });
// @ts-expect-error: `name` is not in `by`
cached.user.groupBy({ by: ["role"], having: { name: "a" } });
// @ts-expect-error: `name` is not in `by`, deeper
cached.user.groupBy({ by: ["role"], having: { OR: [{ role: "ADMIN" }, { NOT: { name: "a" } }] } });
// @ts-expect-error: `name` is not in `by`
cached.user.groupBy({ by: ["role"], orderBy: { name: "asc" } });
// @ts-expect-error: `name` is not in `by`
cached.user.groupBy({ by: "role", orderBy: [{ role: "asc" }, { name: "asc" }] });
// @ts-expect-error: in which order
cached.user.groupBy({ by: ["role"], take: 1 });
// @ts-expect-error: in which order
cached.user.groupBy({ by: ["role"], skip: 1 });
