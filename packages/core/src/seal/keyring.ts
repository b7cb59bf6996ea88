import { createCipheriv, createDecipheriv, createHmac, randomBytes, type KeyObject } from "node:crypto";

/** A key and its name, which is in clear in whatever was encrypted under it. */
export interface NamedKey {
  readonly id: string;
  /** Of 32 bytes. */
  readonly key: KeyObject;
}

const NONCE = 12;
const TAG = 16;
const CIPHER = "aes-256-gcm";
const OPTIONS = { authTagLength: TAG } as const;

/**
 * The keys of an application: AES-256-GCM (NIST SP 800-38D) under the first, out of any. Each entry's name has a key of its
 * own, derived by HMAC-SHA256, so that what belongs to one name opens under no other, and that random nonces do not run
 * out however much is encrypted.
 */
export class Keyring {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #first: NamedKey;
  readonly #naming: Buffer;

  /** `keys`: at least one, with ids of 1 to 255 ASCII characters that differ. */
  constructor(keys: readonly NamedKey[]) {
    this.#first = keys[0]!;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
    // The last: a key that is put before the others changes no name, so that what they encrypted is still found.
    this.#naming = derive(keys.at(-1)!.key, "name", "");
  }

  /** Stands for `text` without telling anything of it, to whoever has not the key: 43 characters, equal for equal texts. */
  nameOf(text: string): string {
    return createHmac("sha256", this.#naming).update(text).digest("base64url");
  }

  /** `context`: what must be the same, byte for byte, when it is decrypted. */
  encrypt(plain: Uint8Array, name: string, context: Uint8Array): Uint8Array {
    const { id, key } = this.#first;
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, derive(key, "entry", name), nonce, OPTIONS).setAAD(context);
    const parts = [cipher.update(plain), cipher.final()];
    return Buffer.concat([Buffer.of(id.length), Buffer.from(id, "latin1"), nonce, ...parts, cipher.getAuthTag()]);
  }

  /** @throws for an unknown key, and wherever a bit of bytes, name or context is not as `encrypt` had it */
  decrypt(bytes: Uint8Array, name: string, context: Uint8Array): Uint8Array {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 1 + (buffer[0] ?? 0);
    const end = buffer.length - TAG;
    if (end < start + NONCE) throw new RangeError("too short");
    const key = this.#keys.get(buffer.toString("latin1", 1, start));
    if (!key) throw new RangeError("encrypted under a key that is not among these");
    const nonce = buffer.subarray(start, start + NONCE);
    const decipher = createDecipheriv(CIPHER, derive(key, "entry", name), nonce, OPTIONS).setAAD(context);
    decipher.setAuthTag(buffer.subarray(end));
    const plain = decipher.update(buffer.subarray(start + NONCE, end));
    // Throws where the tag is wrong: nothing of `plain` is told before.
    decipher.final();
    return plain;
  }
}

function derive(key: KeyObject, purpose: "entry" | "name", name: string): Buffer {
  return createHmac("sha256", key).update(`evercache ${purpose}\0${name}`).digest();
}
