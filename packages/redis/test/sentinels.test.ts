import { describe, expect, it } from "vitest";
import { newestOpinion, readPromoted } from "../src/sentinels.js";

const opinion = (port: number, epoch: number) => ({ address: { host: "127.0.0.1", port }, epoch });

describe("the newest opinion of sentinels", () => {
  it("is that of the highest configuration epoch, whoever answered first, and however many differ", () => {
    const opinions = [opinion(1, 3), opinion(1, 3), opinion(2, 4), opinion(1, 3)];
    expect(newestOpinion(opinions)).toEqual(opinion(2, 4));
    expect(newestOpinion(opinions.toReversed())).toEqual(opinion(2, 4));
  });

  it("is none where nobody answered", () => {
    expect(newestOpinion([])).toBeUndefined();
  });
});

describe("what a sentinel tells of a promotion", () => {
  it.each([
    ["+switch-master", "main 10.0.0.1 6379 10.0.0.2 6380", { host: "10.0.0.2", port: 6380 }],
    ["+promoted-slave", "slave 10.0.0.2:6380 10.0.0.2 6380 @ main 10.0.0.1 6379", { host: "10.0.0.2", port: 6380 }],
    ["+switch-master", "main", null],
    ["+promoted-slave", "slave 10.0.0.2:6380 10.0.0.2 none", null],
  ])("%s %s", (channel, message, promoted) => expect(readPromoted(channel, message)).toEqual(promoted));
});
