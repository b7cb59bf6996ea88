import { describe, expect, it } from "vitest";
import { firstAnswers } from "../src/first-answers.js";

const never = new Promise<never>(() => {});
const long = 60_000;

describe("firstAnswers", () => {
  it("are all, once all have settled", async () => {
    const questions = [Promise.resolve(1), Promise.reject(new Error("away")), Promise.resolve(2)];
    expect(await firstAnswers(questions, { afterFirst: long, atMost: long })).toEqual([1, 2]);
  });

  it("are none, if nobody is asked or nobody answers", async () => {
    expect(await firstAnswers([], { afterFirst: long, atMost: long })).toEqual([]);
    expect(await firstAnswers([never], { afterFirst: long, atMost: 1 })).toEqual([]);
    expect(await firstAnswers([Promise.reject(new Error("away"))], { afterFirst: long, atMost: long })).toEqual([]);
  });

  it("are those that came in time, and stay as they are", async () => {
    let answer: (value: number) => void = () => {};
    const late = new Promise<number>((resolve) => (answer = resolve));
    const answers = await firstAnswers([Promise.resolve(1), late, never], { afterFirst: 1, atMost: long });
    answer(2);
    await late;
    expect(answers).toEqual([1]);
  });
});
