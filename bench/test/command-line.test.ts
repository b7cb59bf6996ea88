import { describe, expect, it } from "vitest";
import { readCommandLine } from "../src/command-line.js";
import { FULL, QUICK } from "../src/scale.js";

describe("the command line", () => {
  it("measures all, and publishes it, unless told otherwise", () => {
    const line = readCommandLine([]);
    expect(line).toMatchObject({ command: "npm run bench", isPart: false, name: "latest", scale: FULL });
    expect(line.workloads.map(({ name }) => name)).toEqual(["95/5"]);
  });

  it("never publishes a part of a run, or a quick one", () => {
    expect(readCommandLine(["--quick"])).toMatchObject({ isQuick: true, name: "quick", scale: QUICK });
    for (const part of [
      ["--only", "hits"],
      ["--subject", "L2"],
      ["--scenario", "count"],
      ["--workload", "80/20"],
    ]) {
      expect(readCommandLine(part)).toMatchObject({ isPart: true, name: "part" });
    }
  });

  it("takes names apart at commas, those within a name left alone", () => {
    expect(readCommandLine(["--subject", "L1 tracked, shared,bare"]).subjects).toEqual(["bare", "L1 tracked, shared"]);
  });

  it.each([
    [["--only", "hit"], "there is none of the name hit"],
    [["--workload", "1/2"], "there is none of the name 1/2"],
    [["--rounds", "0"], "a whole number from 1 on"],
  ])("rejects %s", (args, message) => {
    expect(() => readCommandLine(args)).toThrow(message);
  });
});
