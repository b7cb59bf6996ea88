import { expect, it } from "vitest";
import type { CacheEvent } from "../../src/events.js";
import { observedEvent } from "../../src/observation/observed-event.js";
import type { Tag } from "../../src/tag.js";

const eventOf = (fields: object) => fields as CacheEvent;
const miss = eventOf({ type: "miss", model: "Product", operation: "findMany", reason: "absent", key: "k" });

it("has what the event has, and when it was", () => {
  expect(observedEvent(miss, 5)).toEqual({ ...miss, at: 5 });
});

it("shows errors as text, whatever was thrown", () => {
  const event = (error: unknown) => observedEvent({ type: "store", status: "unavailable", error }, 0)["error"];
  expect(event(new TypeError("no"))).toBe("TypeError: no");
  expect(event("no")).toBe("no");
  expect(
    event({
      toString() {
        throw new Error("no text either");
      },
    }),
  ).toBe("an error that cannot be shown");
});

it("tells of an error what it says at its end, not the query that Prisma shows before it", () => {
  const message =
    "\nInvalid `prisma.user.findMany()` invocation in\n/srv/app.ts:1:2\n\n" +
    `→ 1 await prisma.user.findMany({ where: { email: "ann@x.org" } })\n${"x".repeat(500)}\n\n` +
    "Can't reach database server at `db:5432`\n";
  const told = observedEvent({ type: "breaker", state: "open", error: new Error(message) }, 0);
  expect(told["error"]).toBe("Error: Can't reach database server at `db:5432`");
});

it("is bounded", () => {
  const long = "x".repeat(10_000);
  const tags = Array.from({ length: 1000 }, () => long as Tag);
  const told = observedEvent(eventOf({ type: "invalidate", applied: true, tags }), 0);
  expect(told["tags"]).toHaveLength(21);
  expect((told["tags"] as string[]).at(-1)).toBe("and 980 more");
  const all = [told, observedEvent(eventOf({ ...miss, key: long }), 0)];
  for (const event of all) expect(JSON.stringify(event).length).toBeLessThan(5_000);
});

it("leaves out what is neither text nor number", () => {
  const odd = eventOf({ ...miss, value: { secret: 1 }, callback: () => 1, not: Number.NaN });
  expect(observedEvent(odd, 0)).toEqual({ ...miss, at: 0 });
});
