import { inspect } from "node:util";
import { randomBytes } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { EvercacheError } from "../../src/errors.js";
import { parseKeyring } from "../../src/seal/parse-keyring.js";

const SECRET = randomBytes(32);
const key = SECRET.toString("base64");
const other = randomBytes(32);

describe("keys", () => {
  const NOTHING = new Uint8Array();
  it.each([
    ["base64", key],
    ["base64 with a line break, as a file has it", `${key}\n`],
    ["base64 without padding", key.replaceAll("=", "")],
    ["base64 for addresses", SECRET.toString("base64url")],
    ["bytes", new Uint8Array(SECRET)],
    ["a Buffer", SECRET],
  ])("may be written as %s", (_, written) => {
    const made = parseKeyring({ keys: [{ id: "a", key }] }).encrypt(Buffer.from("x"), "k", NOTHING);
    const opened = parseKeyring({ keys: [{ id: "a", key: written }] }).decrypt(made, "k", NOTHING);
    expect(Buffer.from(opened).toString()).toBe("x");
  });

  it("are copied, and cannot be seen in what is printed", () => {
    const bytes = new Uint8Array(SECRET);
    const ring = parseKeyring({ keys: [{ id: "a", key: bytes }] });
    const made = ring.encrypt(Buffer.from("x"), "k", NOTHING);
    bytes.fill(0);
    expect(Buffer.from(ring.decrypt(made, "k", NOTHING)).toString()).toBe("x");
    const printed = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);
    expect(printed).not.toContain(key);
    expect(printed).not.toContain(SECRET.toString("hex").slice(0, 8));
  });
});

test.each<[string, unknown, RegExp]>([
  ["no options", true, /^encryption: write encryption: \{ keys/],
  ["a key in the place of the options", key, /^encryption: write encryption: \{ keys/],
  ["bytes in the place of the options", SECRET, /^encryption: write encryption: \{ keys/],
  ["one key without an array", { key }, /^encryption: there is no option "key"\. Did you mean keys/],
  ["no keys", {}, /^encryption\.keys: write at least one/],
  ["an empty list", { keys: [] }, /^encryption\.keys: write at least one/],
  ["a key in the place of the list", { keys: key }, /^encryption\.keys: write at least one/],
  ["keys without ids", { keys: [key] }, /^encryption\.keys\[0\]: write .*id: "2026-01"/],
  ["bytes without ids", { keys: [SECRET] }, /^encryption\.keys\[0\]: write .*id: "2026-01"/],
  ["another name", { keys: [{ id: "a", secret: key }] }, /^encryption\.keys\[0\]: there is no option "secret"/],
  ["no id", { keys: [{ key }] }, /^encryption\.keys\[0\]\.id: write 1 to 64/],
  ["an empty id", { keys: [{ id: "", key }] }, /\.id: write 1 to 64/],
  ["a long id", { keys: [{ id: "x".repeat(65), key }] }, /\.id: write 1 to 64/],
  ["an id beyond ASCII", { keys: [{ id: "clé", key }] }, /\.id: write 1 to 64/],
  ["an unset variable", { keys: [{ id: "a", key: undefined }] }, /keys\[0\]\.key: .*environment variable set\?/],
  ["a number", { keys: [{ id: "a", key: 5 }] }, /\.key: write a text of base64, or 32 bytes/],
  ["an empty text", { keys: [{ id: "a", key: "" }] }, /\.key: this is no base64/],
  ["a password", { keys: [{ id: "a", key: "correct horse battery staple" }] }, /\.key: this is no base64/],
  ["bits beyond the last byte", { keys: [{ id: "a", key: `${"A".repeat(42)}B=` }] }, /\.key: this is no base64/],
  ["hexadecimal", { keys: [{ id: "a", key: SECRET.toString("hex") }] }, /hexadecimal: write Buffer\.from/],
  ["16 bytes", { keys: [{ id: "a", key: SECRET.subarray(16) }] }, /has 16 bytes, and 32 are needed: .*openssl rand/],
  ["33 bytes", { keys: [{ id: "a", key: randomBytes(33).toString("base64") }] }, /has 33 bytes, and 32/],
  ["zeros", { keys: [{ id: "a", key: new Uint8Array(32) }] }, /no random key: .*openssl rand/],
  [
    "one id twice",
    {
      keys: [
        { id: "a", key },
        { id: "a", key: other },
      ],
    },
    /two have the id "a"/,
  ],
  [
    "one key twice",
    {
      keys: [
        { id: "a", key },
        { id: "b", key: SECRET },
      ],
    },
    /"a" and "b" are the same key/,
  ],
  [
    "the second is wrong",
    {
      keys: [
        { id: "a", key },
        { id: "b", key: "?" },
      ],
    },
    /^encryption\.keys\[1\]\.key/,
  ],
])("%s is refused, and the message tells nothing of a key", (_, encryption, message) => {
  let thrown: unknown;
  try {
    parseKeyring(encryption);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(EvercacheError);
  expect((thrown as Error).message).toMatch(message);
  const printed = inspect(thrown);
  for (const secret of [key, SECRET.toString("hex"), "correct horse"]) expect(printed).not.toContain(secret);
});
