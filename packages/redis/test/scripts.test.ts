import { readFileSync } from "node:fs";
import { anyTag, rowTag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { generate } from "../scripts/embed.mjs";
import { admin, connect, LONG, server, TAG } from "./kit.js";

describe("the Lua scripts", () => {
  it("are embedded as they are written", () => {
    const embedded = readFileSync(new URL("../src/scripts.generated.ts", import.meta.url), "utf8");
    expect(embedded, "run `pnpm embed` in packages/redis").toBe(generate());
  });

  it("are told to the server beforehand, and sent again by those who find that it forgot them", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const write = async () => {
      await store.mint([TAG], [LONG]);
      await store.quarantine("a", [TAG], LONG);
      await store.release("a", { changed: [TAG], unchanged: [] });
    };
    const sent = async () => Number(/cmdstat_eval:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
    await write();
    await write();
    expect(await sent()).toBe(0);
    await redis.script("FLUSH");
    await write();
    await write();
    expect(await sent()).toBe(3);
  });

  it("take the tags of one model in one call, those of others in calls of their own", async () => {
    const running = await server();
    const redis = admin(running);
    const store = await connect({ redis: running.url });
    const tags = [anyTag("A"), rowTag("A", ["1"]), rowTag("B", ["1"])];
    await store.quarantine("a", tags, LONG);
    await redis.config("RESETSTAT");
    await store.release("a", { changed: tags, unchanged: [] });
    const stats = await redis.info("commandstats");
    const calls = ["eval", "evalsha"].map((name) =>
      Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0),
    );
    expect(calls).toEqual([0, 2]);
  });
});
