import { describe, expect, test } from "vitest";
import type { Write } from "../../src/mutation/effects.js";
import { effectsOf } from "./key-effects.js";

describe("what was not asked for is taken out of the row again", () => {
  const update = (args: object, rest: Partial<Write> = {}) =>
    effectsOf("User", "update", { where: { id: 1 }, data: { points: 1 }, ...args }, rest);
  const row = () => ({ id: 1, email: "a@x.com", nickname: null, tenant: 1, handle: "a", points: 1 });

  test("everything was asked for", () => {
    const result = update({ include: { posts: true } });
    expect(result.args).toMatchObject({ include: { posts: true } });
    expect(result.strip(row())).toEqual(row());
  });

  test("what was deselected", () => {
    const result = update({ select: { email: false, points: true } });
    expect(result.args).toMatchObject({ select: { email: true, points: true, handle: true } });
    expect(result.strip(row())).toEqual({ id: 1, points: 1 });
  });

  test("what was omitted", () => {
    const result = update({ omit: { email: true, points: true } }, { isComputed: false });
    expect(result.args).toMatchObject({ omit: { email: false, points: true } });
    const stripped = result.strip(row()) as object;
    expect(Object.hasOwn(stripped, "email")).toBe(false);
    expect(Object.keys(stripped)).toEqual(["id", "nickname", "tenant", "handle", "points"]);
  });

  test("what the client omits", () => {
    const globalOmit = { user: { email: true, handle: true }, post: { slug: true } };
    const result = update({ omit: { handle: false } }, { globalOmit, isComputed: false });
    expect(result.args).toMatchObject({ omit: { email: false, handle: false } });
    expect(Object.keys(result.strip(row()) as object)).toEqual(["id", "nickname", "tenant", "handle", "points"]);
  });

  test("is only hidden where a computed field may need it", () => {
    const stripped = update({ omit: { email: true } }).strip(row()) as { email: string };
    expect(Object.keys(stripped)).not.toContain("email");
    expect(JSON.stringify(stripped)).not.toContain("a@x.com");
    expect(stripped.email).toBe("a@x.com");
    const computed = update({ select: { fullName: true } }).strip(row()) as { email: string };
    expect(computed.email).toBe("a@x.com");
    expect(Object.keys(computed)).not.toContain("email");
  });
});
