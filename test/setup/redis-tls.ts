import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { scratchFolder } from "./child-server.js";

export interface TestCertificates {
  /** The authority's certificate, as text: what a client has to trust. */
  readonly ca: string;
  /** Arguments that let `redis-server` speak TLS on `port`. */
  args(port: number): string[];
  /** Removes the files. */
  remove(): void;
}

/** An authority of one's own, and a certificate of its for 127.0.0.1 and localhost. Good for a day. */
export function makeCertificates(): TestCertificates {
  const { folder, remove } = scratchFolder("tls");
  const [authority, server] = [generateKeyPairSync("ec", CURVE), generateKeyPairSync("ec", CURVE)];
  const ca = certificate("Test authority", authority.publicKey, authority.privateKey, [
    extension("551d13", sequence(tagged(0x01, Buffer.from([0xff])))),
  ]);
  const names = [tagged(0x87, Buffer.from([127, 0, 0, 1])), tagged(0x82, Buffer.from("localhost"))];
  const own = certificate("Test server", server.publicKey, authority.privateKey, [
    extension("551d11", sequence(...names)),
  ]);
  const file = (name: string, text: string) => {
    const place = path.join(folder, name);
    writeFileSync(place, text);
    return place;
  };
  const files = {
    ca: file("ca.pem", ca),
    cert: file("server.pem", own),
    key: file("server.key", server.privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
  };
  return {
    ca,
    remove,
    args: (port) => {
      const flags = ["--tls-port", String(port), "--tls-auth-clients", "no", "--tls-ca-cert-file", files.ca];
      return [...flags, "--tls-cert-file", files.cert, "--tls-key-file", files.key];
    },
  };
}

const CURVE = { namedCurve: "prime256v1" };
const ECDSA_WITH_SHA256 = "2a8648ce3d040302";

/** An X.509 certificate that the authority signed, PEM. https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
function certificate(name: string, key: KeyObject, signer: KeyObject, extensions: readonly Buffer[]): string {
  const day = 24 * 60 * 60 * 1_000;
  const algorithm = sequence(tagged(0x06, Buffer.from(ECDSA_WITH_SHA256, "hex")));
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1 + Math.floor(Math.random() * 120), ...Buffer.from(name)])),
    algorithm,
    distinguishedName("Test authority"),
    sequence(time(Date.now() - day), time(Date.now() + day)),
    distinguishedName(name),
    key.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, signer)]));
  const lines =
    sequence(body, algorithm, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(name: string): Buffer {
  const commonName = sequence(tagged(0x06, Buffer.from("550403", "hex")), tagged(0x0c, Buffer.from(name)));
  return sequence(tagged(0x31, commonName));
}

function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return tagged(0x17, Buffer.from(digits.slice(2)));
}

/** A critical one. */
function extension(id: string, value: Buffer): Buffer {
  const isCritical = tagged(0x01, Buffer.from([0xff]));
  return sequence(tagged(0x06, Buffer.from(id, "hex")), isCritical, tagged(0x04, value));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** DER: tag, length, value. */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), value]);
}
