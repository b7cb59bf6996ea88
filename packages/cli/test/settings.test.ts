import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfigFile } from "../src/config/config-file.js";
import { chooseSettings, resolveSettings } from "../src/config/settings.js";
import { parseAddress, showAddress, type WrittenAddress } from "../src/connection/address.js";
import { redisOptions } from "../src/connection/redis-options.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "evercache-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
const address = (written: Partial<WrittenAddress>) =>
  parseAddress({
    urls: ["redis://a"],
    cluster: false,
    sentinel: undefined,
    sentinelUsername: undefined,
    sentinelPassword: undefined,
    tlsCa: undefined,
    tlsInsecure: false,
    ...written,
  });

describe("what counts more", () => {
  const urlOf = (...args: [object, Record<string, string>, object]) =>
    chooseSettings(args[0], args[1], args[2], "/here").address.urls.map(String);

  it("is an option, then the own variable, then the file, then REDIS_URL", () => {
    const env = { EVERCACHE_REDIS: "redis://own", REDIS_URL: "redis://any" };
    const file = { redis: ["redis://file"] };
    expect(urlOf({ redis: "redis://option" }, env, file)).toEqual(["redis://option"]);
    expect(urlOf({}, env, file)).toEqual(["redis://own"]);
    expect(urlOf({}, { REDIS_URL: "redis://any" }, file)).toEqual(["redis://file"]);
    expect(urlOf({}, { REDIS_URL: "redis://any" }, {})).toEqual(["redis://any"]);
    expect(urlOf({}, { REDIS_URL: "", EVERCACHE_REDIS: "" }, {})).toEqual(["redis://127.0.0.1:6379"]);
  });

  it("is so for the namespace and the client", () => {
    const settings = chooseSettings({ client: "a.ts" }, { EVERCACHE_NAMESPACE: "b" }, { namespace: "c" }, "/here");
    expect(settings).toMatchObject({ namespace: "b", client: path.resolve("/here/a.ts") });
    expect(chooseSettings({}, {}, {}, "/here")).toMatchObject({ namespace: "evercache", client: undefined });
  });
});

describe("the configuration file", () => {
  it.each([
    ["evercache.config.json", '{ "namespace": "shop", "client": "src/db.ts" }'],
    ["evercache.config.mjs", 'export default { namespace: "shop", client: "src/db.ts" }'],
    ["evercache.config.ts", 'const namespace: string = "shop"; export default { namespace, client: "src/db.ts" }'],
  ])("is found as %s, with paths relative to it", async (name, text) => {
    write(name, text);
    const expected = { namespace: "shop", client: path.join(folder, "src/db.ts") };
    expect(await readConfigFile(undefined, folder)).toEqual(expected);
    expect(await readConfigFile(path.join(folder, name), "/elsewhere")).toEqual(expected);
  });

  it("need not be there", async () => {
    expect(await readConfigFile(undefined, folder)).toEqual({});
  });

  it.each([
    ['{ "name": "shop" }', /there is no setting "name"\. There are redis, /],
    ['{ "cluster": "yes" }', /"cluster" has to be a boolean/],
    ['{ "redis": [1] }', /"redis" has to be a URL, or an array of them/],
    ["[]", /it has no object with settings/],
    ["{", /cannot be read: /],
  ])("is refused as %s", async (text, says) => {
    write("evercache.config.json", text);
    await expect(readConfigFile(undefined, folder)).rejects.toThrow(says);
  });
});

it("reads a file with variables, which count less than the environment", async () => {
  write(".env", "EVERCACHE_REDIS=redis://file\nEVERCACHE_NAMESPACE=file\nEVERCACHE_TEST_OF_DOTENV=here\n");
  const { address: found, namespace } = await resolveSettings(
    { dotenv: ".env" },
    { EVERCACHE_NAMESPACE: "env" },
    folder,
  );
  expect([showAddress(found), namespace]).toEqual(["redis://file:6379", "env"]);
  expect(process.env["EVERCACHE_TEST_OF_DOTENV"]).toBe("here");
  delete process.env["EVERCACHE_TEST_OF_DOTENV"];
});

describe("an address", () => {
  it("is one server", () => {
    expect(redisOptions(address({ urls: ["redis://me:p%40ss@host:1234/2"] }))).toMatchObject({
      host: "host",
      port: 1234,
      username: "me",
      password: "p@ss",
      db: 2,
    });
    expect(redisOptions(address({ urls: ["redis://[::1]"] }))).toMatchObject({ host: "::1", port: 6379 });
  });

  it("is several sentinels, with users of their own", () => {
    const options = redisOptions(
      address({ urls: ["redis://:data@a", "redis://b:1"], sentinel: "main", sentinelPassword: "secret" }),
    );
    expect(options).toMatchObject({
      sentinels: [
        { host: "a", port: 26379 },
        { host: "b", port: 1 },
      ],
      name: "main",
      password: "data",
      sentinelPassword: "secret",
    });
    expect(options).not.toHaveProperty("host");
  });

  it("may want TLS", () => {
    write("ca.pem", "a certificate");
    const found = address({ urls: ["rediss://a"], tlsCa: path.join(folder, "ca.pem") });
    expect(redisOptions(found).tls).toEqual({ ca: Buffer.from("a certificate") });
    expect(redisOptions(address({ urls: ["rediss://a"], tlsInsecure: true })).tls).toEqual({
      rejectUnauthorized: false,
    });
    const missing = address({ urls: ["rediss://a"], tlsCa: path.join(folder, "none.pem") });
    expect(() => redisOptions(missing)).toThrow(/--tls-ca: ENOENT/);
  });

  it.each([
    ["redis://me:secret@host/1", "redis://me:***@host:6379/1"],
    ["redis://:secret@host", "redis://default:***@host:6379"],
  ])("%s is shown without its password", (url, shown) => {
    expect(showAddress(address({ urls: [url] }))).toBe(shown);
  });

  it.each([["redis://host/name"], ["redis:"], ["localhost"], ["http://host"]])("is not %s", (url) => {
    expect(() => address({ urls: [url] })).toThrow(/^--redis: /);
  });

  it.each([
    ["me:secret@host:6379"],
    ["redis:me:secret@host"],
    ["secret@host"],
    ["http://me:secret@host"],
    ["redis://me:secret@host/name"],
    ["redis://me:sec,ret@host/name"],
    ["redis://me:sec/ret@host"],
    ["redis://me:sec#ret@host"],
    ["redis://me:12#secret@host"],
    ["redis://me:secret"],
  ])("is refused as %s, without its password", (written) => {
    const refused = () => chooseSettings({ redis: written }, {}, {}, "/here");
    expect(refused).toThrow(/^--redis: /);
    expect(refused).not.toThrow(/sec|ret/);
  });

  it("is refused where user or password are not spelled as in a URL", () => {
    expect(() => address({ urls: ["redis://me:100%@host"] })).toThrow(/^--redis: .* written as %25 /);
  });

  it("may have a comma in its password", () => {
    const { address: found } = chooseSettings(
      { redis: "redis://me:a,b@host, redis://other", cluster: true },
      {},
      {},
      "/",
    );
    expect(found.urls.map(String)).toEqual(["redis://me:a,b@host", "redis://other"]);
    expect(redisOptions(found).password).toBe("a,b");
  });
});
