import { describe, expect, it } from "vitest";
import { newestOpinion } from "../src/sentinels.js";

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
