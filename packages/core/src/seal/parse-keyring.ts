import { createSecretKey } from "node:crypto";
import { EvercacheError } from "../errors.js";
import { checkNames } from "../options-check.js";
import { Keyring, type NamedKey } from "./keyring.js";

/** A key to encrypt entries with. */
export interface EncryptionKey {
  /** Tells keys apart, for example `"2026-01"`: 1 to 64 visible ASCII characters. Readable in each entry. */
  readonly id: string;
  /** 32 random bytes, or their base64: what `openssl rand -base64 32` prints. */
  readonly key: string | Uint8Array | undefined;
}

/** Which keys entries are encrypted with. Which models' entries are, their `encrypt` says. */
export interface EncryptionOptions {
  /** The first encrypts, each of them decrypts. All processes that share entries have the same ones. */
  readonly keys: readonly EncryptionKey[];
}

const KEY_BYTES = 32;
const MAKE_ONE = "make one by `openssl rand -base64 32`";
const EXAMPLE = 'encryption: { keys: [{ id: "2026-01", key: process.env.CACHE_KEY }] }';

/** @throws EvercacheError that says what to write instead, and nothing of a key */
export function parseKeyring(encryption: unknown): Keyring {
  const options = objectOf(encryption, "encryption");
  checkNames(options, ["keys"], "encryption");
  const { keys } = options;
  if (!Array.isArray(keys) || keys.length === 0) throw invalid("encryption.keys", `write at least one: ${EXAMPLE}`);
  const parsed = keys.map((one: unknown, i) => parseKey(one, `encryption.keys[${i}]`));
  checkDifferent(parsed);
  return new Keyring(parsed);
}

function parseKey(input: unknown, at: string): NamedKey {
  const options = objectOf(input, at);
  checkNames(options, ["id", "key"], at);
  const { id, key } = options;
  if (typeof id !== "string" || !/^[\x21-\x7e]{1,64}$/.test(id)) {
    throw invalid(`${at}.id`, 'write 1 to 64 visible ASCII characters, for example "2026-01"');
  }
  const bytes = bytesOf(key, `${at}.key`);
  if (bytes.length !== KEY_BYTES) {
    throw invalid(`${at}.key`, `it has ${bytes.length} bytes, and ${KEY_BYTES} are needed: ${MAKE_ONE}`);
  }
  if (bytes.every((byte) => byte === bytes[0])) throw invalid(`${at}.key`, `this is no random key: ${MAKE_ONE}`);
  return { id, key: createSecretKey(bytes) };
}

function objectOf(value: unknown, at: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    return value as Record<string, unknown>;
  }
  // Without the value: it may be a key.
  throw invalid(at, `write ${EXAMPLE}`);
}

function bytesOf(key: unknown, at: string): Buffer {
  if (key instanceof Uint8Array) return Buffer.from(key);
  if (key === undefined) throw invalid(at, "undefined is no key. Is the environment variable set?");
  if (typeof key !== "string") throw invalid(at, `write a text of base64, or 32 bytes: ${MAKE_ONE}`);
  if (/^[0-9a-f]{64}$/i.test(key)) {
    throw invalid(at, 'this looks like hexadecimal: write Buffer.from(…, "hex"), or the bytes in base64');
  }
  const text = key.trim().replace(/=+$/, "");
  const bytes = Buffer.from(text, "base64");
  // Buffer.from skips what is no base64.
  const isExact = bytes.toString("base64url") === text.replaceAll("+", "-").replaceAll("/", "_");
  if (text.length === 0 || !isExact) throw invalid(at, `this is no base64: ${MAKE_ONE}`);
  return bytes;
}

function checkDifferent(keys: readonly NamedKey[]): void {
  for (const [i, { id, key }] of keys.entries()) {
    for (const other of keys.slice(0, i)) {
      if (other.id === id) throw invalid("encryption.keys", `two have the id "${id}": give each key its own`);
      if (other.key.equals(key)) {
        throw invalid("encryption.keys", `"${other.id}" and "${id}" are the same key: leave out one, or ${MAKE_ONE}`);
      }
    }
  }
}

function invalid(name: string, hint: string): EvercacheError {
  return new EvercacheError("INVALID_OPTION", `${name}: ${hint}.`);
}
