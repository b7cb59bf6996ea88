import type { StoreStatus } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { LONG, until, untilReady, useSubject, type MakeStore } from "./subject.js";

export function lifecycleContract(makeStore: MakeStore): void {
  describe("life", () => {
    const subject = useSubject(makeStore);

    it("has a tier, and answers probes", async () => {
      const { store } = subject();
      expect(store.tier).toMatch(/^\w+$/);
      expect(store.status).toBe("ready");
      await store.probe();
      expect(store.status).toBe("ready");
    });

    it("goes on after reconnect, and forgets nothing by it", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const token = await subject().mint(tag);
      store.reconnect();
      await untilReady(store);
      // Of several servers, one may be there before the others.
      const answers = () => store.probe().then(() => subject().state(tag));
      await until(
        () =>
          answers().then(
            () => true,
            () => false,
          ),
        "all servers answer",
      );
      expect(await answers()).toBe(token);
    });

    it("tells its listeners of the end, those that still listen", async () => {
      const { store } = subject();
      const heard: StoreStatus[] = [];
      const unheard: StoreStatus[] = [];
      store.onStatus((status) => heard.push(status));
      store.onStatus((status) => unheard.push(status))();
      await store.close();
      expect(heard).toEqual(["closed"]);
      expect(unheard).toEqual([]);
      expect(store.status).toBe("closed");
    });

    it("rejects every call once it is closed, and may be closed again", async () => {
      const { store } = subject();
      const tag = subject().tag();
      await store.close();
      await store.close();
      store.reconnect();
      const calls = {
        lookup: store.lookup("key", [tag]),
        mint: store.mint([tag], [LONG]),
        fill: store.fill("key", new Uint8Array(1), LONG),
        remove: store.remove("key"),
        quarantine: store.quarantine("a", [tag], LONG),
        release: store.release("a", { changed: [tag], unchanged: [] }),
        rotate: store.rotate([tag]),
        probe: store.probe(),
      };
      const outcomes = await Promise.allSettled(Object.values(calls));
      expect(outcomes.map((outcome) => outcome.status)).toEqual(outcomes.map(() => "rejected"));
      for (const outcome of outcomes) {
        expect((outcome as PromiseRejectedResult).reason).toMatchObject({ name: "StoreUnavailableError" });
      }
      expect(store.status).toBe("closed");
    });

    it("settles what is under way when it is closed", async () => {
      const { store } = subject();
      let settled = 0;
      const calls = Array.from({ length: 20 }, (_, i) =>
        store.lookup(`key${i}`, [subject().tag()]).then(
          () => settled++,
          () => settled++,
        ),
      );
      await store.close();
      await until(() => settled === calls.length, "all calls settled");
    });
  });
}
