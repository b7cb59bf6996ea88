import { execFileSync } from "node:child_process";
import { readdirSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, redisUrl } from "../setup/client.js";
import { run, scratchFolder } from "../setup/child-server.js";
import { type Consumer, createConsumer } from "./consumer.js";
import { PACKAGES, packPackages, root, tool } from "./pack.js";

const { folder, remove } = scratchFolder("packages");
let tarballs: Awaited<ReturnType<typeof packPackages>>;

beforeAll(async () => {
  tarballs = await packPackages(folder);
}, 180_000);

afterAll(remove);

describe.each(PACKAGES)("the packed package %s", (name) => {
  it("carries its licence and its page, and nothing of the build's own", () => {
    const files = execFileSync("tar", ["tzf", tarballs[name]], { encoding: "utf8" }).split("\n");
    expect(files).toContain("package/LICENSE");
    expect(files).toContain("package/README.md");
    expect(files.filter((file) => /tsbuildinfo|\/test\/|\.test\.|\/src\/|\.map$/.test(file))).toEqual([]);
  });

  it("passes publint", async () => {
    await run(tool("publint"), ["run", tarballs[name], "--strict"]);
  });

  it("has types that every resolver finds", async () => {
    await run(tool("attw"), [tarballs[name], "--profile", "esm-only", "--format", "ascii", "--no-color"]);
  });
});

it("the packed command passes publint", async () => {
  const files = execFileSync("tar", ["tzf", tarballs.evercache], { encoding: "utf8" }).split("\n");
  expect(files.filter((file) => file !== "").sort()).toEqual([
    "package/LICENSE",
    "package/README.md",
    "package/bin/evercache.js",
    "package/package.json",
  ]);
  await run(tool("publint"), ["run", tarballs.evercache, "--strict"]);
});

it("the packed extension has what its entries share but once", () => {
  const files = execFileSync("tar", ["tzf", tarballs.prisma], { encoding: "utf8" }).split("\n");
  const bundled = files.filter((file) => file.startsWith("package/bundle/") && file.endsWith(".js")).sort();
  expect(bundled).toEqual([
    "package/bundle/accelerate.js",
    "package/bundle/index.js",
    expect.stringMatching(/^package\/bundle\/shared-\w+\.js$/),
  ]);
});

it("the packed core has superjson within it, with its licence", () => {
  const read = (file: string) => execFileSync("tar", ["xzOf", tarballs.core, `package/${file}`], { encoding: "utf8" });
  expect(read("bundle/LICENSES.txt")).toMatch(/^superjson \d.*MIT License/ms);
  expect(read("bundle/LICENSES.txt")).toMatch(/^copy-anything \d.*MIT License/ms);
  expect(JSON.parse(read("package.json"))).toMatchObject({ dependencies: {} });
  expect(read("bundle/index.js").match(/^import .* from "(?!node:).*";$/gm)).toBeNull();
});

it("to build them again takes no file away, which others may be loading", async () => {
  const inodes = () =>
    ["core", "redis", "prisma"].flatMap((name) => {
      const bundle = path.join(root, "packages", name, "bundle");
      return readdirSync(bundle).map((file) => `${file} ${statSync(path.join(bundle, file)).ino}`);
    });
  const before = inodes();
  await run("npm", ["run", "--silent", "build"], { cwd: root });
  expect(inodes()).toEqual(before);
});

describe("a project that installed them with npm", () => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await createConsumer(Object.values(tarballs));
  }, 300_000);

  afterAll(() => consumer?.remove());

  it("can import each package", async () => {
    const exported = JSON.parse(await consumer.run("imports.ts")) as Record<string, string[] | boolean>;
    expect(exported["prisma"]).toContain("cacheExtension");
    expect(exported["accelerate"]).toContain("withAccelerate");
    expect(exported["isOneError"]).toBe(true);
    expect(exported["prometheus"]).toEqual(["cacheMetrics"]);
    expect(exported["redis"]).toContain("createRedisStore");
    expect(exported["core"]).toContain("EvercacheError");
    expect(exported["opentelemetry"]).toEqual(["EvercacheInstrumentation"]);
    expect(exported["testing"]).toContain("createFaultProxy");
  });

  it("loads ioredis for a URL, and not before", async () => {
    expect(JSON.parse(await consumer.run("loaded.ts"))).toEqual({ imported: false, made: false, asked: true });
  });

  it("may bundle them, ioredis too, into one file", async () => {
    const { folder: elsewhere, remove: removeElsewhere } = scratchFolder("bundled");
    try {
      const file = path.join(elsewhere, "bundled.cjs");
      const how = ["--bundle", "--platform=node", "--format=cjs", `--outfile=${file}`];
      await run(tool("esbuild"), [path.join(consumer.folder, "bundled.ts"), ...how]);
      expect(await run(process.execPath, [file], { env: { REDIS_URL: redisUrl(), NODE_PATH: "" } })).toBe("ready\n");
    } finally {
      removeElsewhere();
    }
  });

  it("hears that ioredis is not installed", async () => {
    const [there, away] = ["ioredis", ".ioredis"].map((name) => path.join(consumer.folder, "node_modules", name));
    renameSync(there!, away!);
    try {
      expect(JSON.parse(await consumer.run("without-ioredis.ts"))).toEqual({
        warning: "NOT_INSTALLED",
        says: expect.stringContaining("npm install ioredis"),
        error: "NOT_INSTALLED",
        name: "EvercacheError",
      });
    } finally {
      renameSync(away!, there!);
    }
  });

  it("type-checks, declarations of the packages included", async () => {
    await consumer.typecheck();
  }, 120_000);

  it("has the command", async () => {
    const command = path.join(consumer.folder, "node_modules", ".bin", "evercache");
    const env = { NODE_PATH: "", REDIS_URL: redisUrl() };
    const printed = JSON.parse(await run(command, ["doctor", "--json"], { cwd: consumer.folder, env })) as object;
    expect(printed).toMatchObject({ redis: redisUrl(), passed: true });
  });

  it("uses the extension as the README says", async () => {
    const database = await createDatabase("postgresql", { name: "consumer" });
    try {
      const env = { DATABASE_URL: database.url, REDIS_URL: redisUrl() };
      expect(await consumer.run("usage.ts", env)).toBe("used\n");
      expect(await consumer.run("accelerate.ts", env)).toBe("used\n");
    } finally {
      await database.drop();
    }
  }, 60_000);
});
