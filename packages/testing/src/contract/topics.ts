import type { Hearer, Store } from "@evercache/core";
import { beforeEach, describe, expect, it } from "vitest";
import { otherLike, until, useSubject, type MakeStore } from "./subject.js";

let topics = 0;

const newTopic = () => `topic-${process.pid}_${Date.now().toString(36)}-${topics++}`;

/** Writes down what is said. */
class Listener implements Hearer {
  readonly messages: string[] = [];
  isHearing = false;
  lost = 0;

  onHearing(): void {
    this.isHearing = true;
  }

  onMessage(text: string): void {
    this.messages.push(text);
  }

  onLost(): void {
    this.isHearing = false;
    this.lost++;
  }

  untilHearing(): Promise<void> {
    return until(() => this.isHearing, "the topic is heard");
  }

  untilHeard(count: number): Promise<void> {
    return until(() => this.messages.length >= count, `${count} messages are heard`);
  }
}

/** For a store by which processes speak to each other; whoever leaves `hear` and `say` out does without. */
export function topicContract(makeStore: MakeStore): void {
  describe("topics", () => {
    const subject = useSubject(makeStore);
    beforeEach((context) => context.skip(subject().store.hear === undefined, "processes cannot speak to each other"));

    async function hearing(topic: string, store: Store = subject().store): Promise<Listener> {
      const listener = new Listener();
      store.hear!(topic, listener);
      await listener.untilHearing();
      return listener;
    }

    it("are heard by all who hear them, as they were said, in order", async () => {
      const [topic, other] = [newTopic(), newTopic()];
      const speaker = await otherLike(subject(), makeStore);
      const listeners = [await hearing(topic), await hearing(topic, speaker)];
      const unconcerned = await hearing(other);
      const texts = Array.from({ length: 50 }, (_, i) => `{"i":${i},"text":"ümläut \u{1F600} \\"\n"}`);
      for (const text of texts) expect(await speaker.say!(topic, text)).toBe(2);
      for (const listener of listeners) {
        await listener.untilHeard(texts.length);
        expect(listener.messages).toEqual(texts);
      }
      await speaker.say!(other, "the end");
      await unconcerned.untilHeard(1);
      expect(unconcerned.messages).toEqual(["the end"]);
    });

    it("are said to nobody where nobody hears them, and are not kept", async () => {
      const topic = newTopic();
      expect(await subject().store.say!(topic, "too early")).toBe(0);
      const listener = await hearing(topic);
      expect(await subject().store.say!(topic, "in time")).toBe(1);
      await listener.untilHeard(1);
      expect(listener.messages).toEqual(["in time"]);
    });

    it("are heard no more once that is closed, also where others hear over the same connection", async () => {
      const [topic, other] = [newTopic(), newTopic()];
      const { store } = subject();
      const watch = store.watch?.(
        { onFollowing: () => {}, onInvalidated: () => {}, onLost: () => {}, onHeard: () => {} },
        50,
      );
      const listener = new Listener();
      const ended = store.hear!(topic, listener);
      await listener.untilHearing();
      const witness = await hearing(other);
      await ended.close();
      await ended.close();
      await store.say!(topic, "too late");
      await store.say!(other, "the end");
      await witness.untilHeard(1);
      expect(listener.messages).toEqual([]);
      await watch?.close();
    });

    it("are lost when the store is closed, and then said to nobody", async () => {
      const topic = newTopic();
      const listener = await hearing(topic);
      const { store } = subject();
      await store.close();
      expect(listener).toMatchObject({ isHearing: false, lost: 1 });
      await expect(store.say!(topic, "too late")).rejects.toMatchObject({ name: "StoreUnavailableError" });
    });
  });
}
