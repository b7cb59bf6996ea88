import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { Blog, fills, POST, POST_ANY, POST_PATH, USER_ANY, USER_PATH } from "./support/blog.js";
import { makeCache } from "./support/make-cache.js";

let blog: Blog;
beforeEach(() => void (blog = new Blog()));

describe("another process", () => {
  it("looks twice at what it has not seen yet, and once from then on", async () => {
    const [writer, reader] = [blog.start(), blog.start()];
    await writer.see();
    await fills(writer, 1);
    expect(await writer.see()).toEqual(["hit", "ann"]);
    expect(writer.asked).toEqual(["lookup", "mint", "mint", "lookup"]);
    expect(await reader.see()).toEqual(["hit", "ann"]);
    expect(reader.asked).toEqual(["lookup", "lookup"]);
    expect(await reader.see()).toEqual(["hit", "ann"]);
    expect(reader.asked).toEqual(["lookup", "lookup", "lookup"]);
  });

  it("looks twice again when the entry has come to name other tags", async () => {
    const [writer, reader] = [blog.start(), blog.start()];
    await writer.see();
    await fills(writer, 1);
    await reader.see();
    blog.authorId = 8;
    await blog.store.rotate([POST]);
    expect(await writer.see()).toEqual(["miss: invalidated", "bob"]);
    await fills(writer, 2);
    reader.asked.length = 0;
    expect(await reader.see()).toEqual(["hit", "bob"]);
    expect(await reader.see()).toEqual(["hit", "bob"]);
    expect(reader.asked).toEqual(["lookup", "lookup", "lookup"]);
  });

  it("takes for a miss what has been replaced between its two looks, and is not stale", async () => {
    const writer = blog.start();
    await writer.see();
    await fills(writer, 1);
    let looks = 0;
    const reader = blog.start({
      before: {
        lookup: async () => {
          if (++looks !== 2) return;
          blog.authorId = 8;
          await blog.store.rotate([POST]);
          await writer.see();
          await fills(writer, 2);
        },
      },
    });
    expect(await reader.see()).toEqual(["miss: invalidated", "bob"]);
    expect(reader.asked.filter((command) => command === "lookup")).toHaveLength(2);
  });

  it("judges by the second look alone what a write ended between the two", async () => {
    const writer = blog.start();
    await writer.see();
    await fills(writer, 1);
    let looks = 0;
    const reader = blog.start({ before: { lookup: async () => (++looks === 2 ? blog.rename(7, "amy") : undefined) } });
    expect(await reader.see()).toEqual(["miss: invalidated", "amy"]);
  });

  it("that cannot narrow reads it all the same", async () => {
    const writer = blog.start();
    await writer.see();
    await fills(writer, 1);
    const reader = blog.start();
    const { loadNarrow: _, ...plain } = blog.plan();
    expect(await reader.see(plain)).toEqual(["hit", "ann"]);
    expect(await reader.see(plain)).toEqual(["hit", "ann"]);
    await blog.rename(7, "amy");
    expect(await reader.see(plain)).toEqual(["miss: invalidated", "amy"]);
    await fills(reader, 1);
    expect(await blog.namesOfEntry()).toBeNull();
    expect(await writer.see()).toEqual(["hit", "amy"]);
  });
});

it("`inspect` judges it by its own tags, and asks no database", async () => {
  const [writer, other] = [blog.start(), blog.start()];
  await writer.see();
  await fills(writer, 1);
  await blog.rename(8, "bea");
  for (const { cache } of [writer, other]) expect(await cache.inspect(blog.plan())).toMatchObject({ kind: "hit" });
  await blog.rename(7, "amy", async () => {
    expect(await other.cache.inspect(blog.plan())).toEqual({ kind: "bypass", reason: "quarantined" });
  });
  for (const { cache } of [writer, other]) {
    expect(await cache.inspect(blog.plan())).toEqual({ kind: "miss", reason: "invalidated" });
  }
  expect(blog.loads).toBe(1);
});

it("a hit is verified by its own tags", async () => {
  const under = makeCache({ store: blog.store, verify: 1, everything: [POST_PATH, POST_ANY, USER_PATH, USER_ANY] });
  await under.cache.read(blog.plan());
  await fills(under, 1);
  const outcomes = () => under.of("verify").map(({ outcome }) => outcome);
  await blog.rename(8, "bea");
  await under.cache.read(blog.plan());
  await expect.poll(outcomes).toEqual(["match"]);
  // Somebody who writes past the cache.
  blog.names.set(7, "amy");
  expect((await under.cache.read(blog.plan())).data.author?.name).toBe("ann");
  await expect.poll(outcomes).toEqual(["match", "violation"]);
  await expect
    .poll(() => under.of("invalidate"))
    .toMatchObject([{ tags: expect.arrayContaining([USER_PATH, POST_PATH]) }]);
  expect((await under.cache.read(blog.plan())).data.author?.name).toBe("amy");
  const loading = createGate();
  await fills(under, 2);
  await under.cache.read({ ...blog.plan(), load: async () => (await loading.pass(), blog.post) });
  await loading.arrived;
  await blog.rename(7, "ann");
  loading.open();
  await expect.poll(outcomes).toEqual(["match", "violation", "inconclusive"]);
});
