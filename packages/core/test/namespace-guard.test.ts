import { createGate } from "../../testing/src/gate.js";
import { expect, test } from "vitest";
import { StoreUnavailableError } from "../src/errors.js";
import { NamespaceGuard, type DatabaseIdentity } from "../src/namespace-guard.js";
import type { Claim } from "../src/store/store.js";

const MINUTE = 60_000;

/** A claim as a store keeps it, with a clock that the test sets. */
class Claims {
  now = 0;
  value: string | null = null;
  asked = 0;
  error: Error | undefined;
  before: () => Promise<void> | void = () => {};
  #ends = 0;

  readonly claim = async (expected: string | null, value: string, ttl: number): Promise<Claim> => {
    this.asked++;
    await this.before();
    if (this.error) throw this.error;
    if (this.value === expected) {
      this.value = value;
      this.#ends = this.now + ttl;
    }
    return { value: this.value, remaining: this.#ends - this.now };
  };
}

function makeGuard(claims: Claims, id: string, options: Partial<DatabaseIdentity> = {}) {
  const seen = { drops: 0, warnings: [] as string[], background: [] as Promise<unknown>[] };
  const guard = new NamespaceGuard({
    store: claims,
    identity: {
      learn: async () => id,
      compare: (held, mine) => (held === mine ? "same" : "other"),
      explain: (held, mine) => `${held} has it, not ${mine}`,
      ...options,
    },
    dropEverything: async () => void seen.drops++,
    warn: (code, message) => seen.warnings.push(`${code}: ${message}`),
    now: () => claims.now,
    track: (work) => void seen.background.push(work),
  });
  const settled = async () => {
    while (seen.background.length > 0) await seen.background.pop();
  };
  return { guard, seen, settled };
}

test("the first claims, and what was there before is dropped", async () => {
  const claims = new Claims();
  const { guard, seen } = makeGuard(claims, "a");
  expect(await guard.admit()).toBeNull();
  expect([claims.value, seen.drops]).toEqual(["a", 1]);
  expect(guard.admit()).toBeNull();
  expect(claims.asked).toBe(2);
});

test("of two databases that come at once, one gets it", async () => {
  const claims = new Claims();
  const gate = createGate();
  let waiting = 0;
  claims.before = async () => {
    if (++waiting === 2) gate.open();
    await gate.pass();
  };
  const [a, b] = [makeGuard(claims, "a"), makeGuard(claims, "b")];
  const answers = await Promise.all([a.guard.admit(), b.guard.admit()]);
  expect(new Set(answers)).toEqual(new Set(["namespace-taken", null]));
  expect(claims.value).toBe(answers[0] === null ? "a" : "b");
});

test("a client of another database is refused without waiting, told once, and asks now and then", async () => {
  const claims = new Claims();
  await makeGuard(claims, "a").guard.admit();
  const { guard, seen, settled } = makeGuard(claims, "b");
  expect(await guard.admit()).toBe("namespace-taken");
  for (claims.now = MINUTE; claims.now <= 3 * MINUTE; claims.now += MINUTE) {
    expect(guard.admit()).toBe("namespace-taken");
    await settled();
  }
  expect(seen).toMatchObject({ drops: 0, warnings: ["NAMESPACE_TAKEN: a has it, not b"] });
  expect(guard.isTaken).toBe(true);
});

test("a holder that renews keeps it; one that falls silent loses it, with all that was stored", async () => {
  const claims = new Claims();
  const [a, b] = [makeGuard(claims, "a"), makeGuard(claims, "b")];
  await a.guard.admit();
  await b.guard.admit();
  for (let minute = 1; minute <= 10; minute++) {
    claims.now = minute * MINUTE;
    expect(a.guard.admit()).toBeNull();
    await a.settled();
    void b.guard.admit();
    await b.settled();
    expect(b.guard.isTaken).toBe(true);
  }
  claims.now += 6 * MINUTE;
  void b.guard.admit();
  await b.settled();
  expect([b.guard.isTaken, b.seen.drops, claims.value]).toEqual([false, 1, "b"]);
  // The old holder counts on nothing that it has not asked for lately.
  expect(await a.guard.admit()).toBe("namespace-taken");
});

test("a claim that got lost is written again, and nothing is dropped for that", async () => {
  const claims = new Claims();
  const { guard, seen, settled } = makeGuard(claims, "a");
  await guard.admit();
  claims.value = null;
  claims.now = MINUTE;
  expect(guard.admit()).toBeNull();
  await settled();
  expect([claims.value, seen.drops]).toEqual(["a", 1]);
});

test("after the store was away nothing is believed before it has been asked", async () => {
  const claims = new Claims();
  const { guard } = makeGuard(claims, "a");
  await guard.admit();
  claims.value = "b";
  guard.doubt();
  expect(await guard.admit()).toBe("namespace-taken");
});

test("a store that cannot be asked decides nothing", async () => {
  const claims = new Claims();
  claims.error = new StoreUnavailableError("away");
  const { guard } = makeGuard(claims, "a");
  expect(await guard.admit()).toBe("unreachable");
  claims.error = undefined;
  expect(await guard.admit()).toBeNull();
});

test("a server that refuses to write leaves the namespace to whom it was", async () => {
  const claims = new Claims();
  const { guard } = makeGuard(claims, "a");
  await guard.admit();
  claims.error = new Error("NOREPLICAS");
  for (let minute = 1; minute <= 30; minute++) {
    claims.now = minute * MINUTE;
    expect(await guard.admit()).toBeNull();
  }
});

test("a database that does not know itself is no reason to go without a cache, and one that failed is asked again", async () => {
  const claims = new Claims();
  const unknown = makeGuard(claims, "a", { learn: async () => null });
  expect(await unknown.guard.admit()).toBeNull();
  expect(claims.asked).toBe(0);

  let fails = true;
  const learn = async () => {
    if (fails) throw new Error("no connection");
    return "b";
  };
  const failing = makeGuard(claims, "b", { learn });
  expect(await failing.guard.admit()).toBeNull();
  expect(claims.asked).toBe(0);
  fails = false;
  claims.now = 2 * MINUTE;
  expect(failing.guard.admit()).toBeNull();
  await failing.settled();
  expect(claims.value).toBe("b");
});

test("what is not certainly another database shares, and the one that says more is believed", async () => {
  const claims = new Claims();
  const compare = (held: string, mine: string) => (mine.length > held.length ? "sharper" : "compatible") as never;
  expect(await makeGuard(claims, "a", { compare }).guard.admit()).toBeNull();
  expect(await makeGuard(claims, "a at 1", { compare }).guard.admit()).toBeNull();
  expect(claims.value).toBe("a at 1");
  expect(await makeGuard(claims, "b", { compare }).guard.admit()).toBeNull();
  expect(claims.value).toBe("a at 1");
});
