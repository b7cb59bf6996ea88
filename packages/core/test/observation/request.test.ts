import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  LONGEST_TIME,
  MOST_PER_SECOND,
  MOST_QUERIES,
  readRequest,
  spellRequest,
} from "../../src/observation/request.js";

const reply = fc.stringMatching(/^[\w-]{8,64}$/);
const names = fc.option(fc.array(fc.string({ maxLength: 20 }), { maxLength: 10 }));

it("is read as it was spelled", () => {
  const request = fc.oneof(
    fc.record({ ask: fc.constant("stats" as const), reply, round: fc.nat(), queries: fc.nat({ max: MOST_QUERIES }) }),
    fc.record({ ask: fc.constant("end" as const), reply }),
    fc.record({
      ask: fc.constant("events" as const),
      reply,
      time: fc.integer({ min: 1, max: LONGEST_TIME }),
      perSecond: fc.integer({ min: 1, max: MOST_PER_SECOND }),
      models: names,
      types: names,
    }),
  );
  fc.assert(
    fc.property(request, (asked) => {
      expect(readRequest(spellRequest(asked))).toEqual(asked);
    }),
  );
});

const STATS = { evercache: 1, ask: "stats", reply: "a-reply-topic", round: 1 };
const EVENTS = { evercache: 1, ask: "events", reply: "a-reply-topic", time: 5000, perSecond: 10 };

it("without models and types is one for all", () => {
  expect(readRequest(JSON.stringify(EVENTS))).toMatchObject({ models: null, types: null });
});

it.each([
  "",
  "null",
  "[]",
  "7",
  '{"evercache":1,"ask":"stats"',
  JSON.stringify({ ...STATS, evercache: 2 }),
  JSON.stringify({ ...STATS, evercache: undefined }),
  JSON.stringify({ ...STATS, ask: "flush" }),
  JSON.stringify({ ...STATS, round: -1 }),
  JSON.stringify({ ...STATS, round: "1" }),
  JSON.stringify({ ...STATS, queries: 51 }),
  JSON.stringify({ ...STATS, queries: true }),
  JSON.stringify({ ...STATS, reply: undefined }),
  JSON.stringify({ ...STATS, reply: "short" }),
  // Where all processes listen: each answer would go to each of them.
  JSON.stringify({ ...STATS, reply: "requests" }),
  JSON.stringify({ ...STATS, reply: "requests}:{Product" }),
  JSON.stringify({ ...STATS, reply: "x".repeat(65) }),
  JSON.stringify({ ...STATS, padding: "x".repeat(10_000) }),
  JSON.stringify({ ...EVENTS, time: LONGEST_TIME + 1 }),
  JSON.stringify({ ...EVENTS, time: 0 }),
  JSON.stringify({ ...EVENTS, time: null }),
  JSON.stringify({ ...EVENTS, perSecond: MOST_PER_SECOND + 1 }),
  JSON.stringify({ ...EVENTS, perSecond: 0.5 }),
  JSON.stringify({ ...EVENTS, models: "Product" }),
  JSON.stringify({ ...EVENTS, models: [1] }),
  JSON.stringify({ ...EVENTS, types: Array.from({ length: 201 }, () => "hit") }),
])("is none that is foreign, damaged or out of bounds: %s", (text) => {
  expect(readRequest(text)).toBeNull();
});

it("is never anything but a request or null, whatever comes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(readRequest(text)).toBeNull();
    }),
  );
});
