import { rowTag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { startRedisSentinels } from "../setup/redis-sentinel.js";
import { following, heard, watch } from "./channel-kit.js";
import { connect, during, eventually, probing } from "./kit.js";

const ONE = rowTag("Product", ["1"]);

describe("the channel of a primary behind sentinels", { timeout: 120_000 }, () => {
  it.each(["kill", "command", "freeze"] as const)("follows the successor: %s", async (kind) => {
    const set = await during(startRedisSentinels());
    const [store, writer] = [await connect({ ...set.options }), await connect({ ...set.options })];
    probing(store);
    probing(writer);
    const before = store.epoch;
    const recorder = watch(store, "Product");
    await following(recorder, "Product");
    if (kind === "command") await set.failover();
    else if (kind === "kill") await set.kill(0);
    else await set.pause(0);
    await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
    expect(recorder.told.map(({ kind: told }) => told).slice(0, 2)).toEqual(["following", "lost"]);
    await following(recorder, "Product");
    // An old primary that thaws takes itself for one for a moment.
    if (kind === "freeze") await set.resume(0);
    await eventually(async () => {
      await writer.rotate([ONE]);
      await heard(recorder);
      expect(recorder.invalidated).toContain(ONE);
    });
  });

  it("is believed only while it leads to the primary under the configuration that counts", async () => {
    const set = await during(startRedisSentinels());
    const [store, writer] = [await connect({ ...set.options }), await connect({ ...set.options })];
    const recorder = watch(store, "Product");
    await following(recorder, "Product");
    for (let i = 1; i <= 2; i++) {
      const before = store.epoch;
      await set.failover();
      await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
      await following(recorder, "Product");
      recorder.told.length = 0;
      await eventually(() => writer.rotate([ONE]));
      await heard(recorder);
      expect(recorder.invalidated).toContain(ONE);
    }
  });
});
