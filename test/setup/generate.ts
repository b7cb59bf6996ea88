import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { run } from "./child-server.js";
import { schemaFile } from "./schema/files.js";
import { PROVIDERS, type Provider } from "./schema/variants.js";

const generated = fileURLToPath(new URL("generated", import.meta.url));
const config = fileURLToPath(new URL("prisma.config.ts", import.meta.url));
const prismaPackage = createRequire(import.meta.url).resolve("prisma/package.json");

const LOCK_MS = 120_000;

/** Generates the Prisma clients of all databases, where a schema or Prisma has changed since the last time. */
export async function generateClients(): Promise<void> {
  if (PROVIDERS.every(isCurrent)) return;
  mkdirSync(generated, { recursive: true });
  const unlock = await lock(path.join(generated, ".lock"));
  try {
    await Promise.all(PROVIDERS.filter((provider) => !isCurrent(provider)).map(generate));
  } finally {
    unlock();
  }
}

async function generate(provider: Provider): Promise<void> {
  const cli = path.join(path.dirname(prismaPackage), "build", "index.js");
  const command = ["generate", "--schema", schemaFile(provider), "--config", config];
  rmSync(stampFile(provider), { force: true });
  await run(process.execPath, [cli, ...command]);
  writeFileSync(stampFile(provider), fingerprint(provider));
}

const stampFile = (provider: Provider) => path.join(generated, provider, ".stamp");

function fingerprint(provider: Provider): string {
  const { version } = JSON.parse(readFileSync(prismaPackage, "utf8")) as { version: string };
  return createHash("sha256")
    .update(version)
    .update(readFileSync(schemaFile(provider)))
    .digest("hex");
}

function isCurrent(provider: Provider): boolean {
  const file = stampFile(provider);
  return existsSync(file) && readFileSync(file, "utf8") === fingerprint(provider);
}

/** Two test runs at once must not write the same files. A folder, since making one is atomic everywhere. */
async function lock(folder: string): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(folder);
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (ageOf(folder) > LOCK_MS) rmSync(folder, { recursive: true, force: true });
      else await delay(50);
    }
  }
}

function ageOf(folder: string): number {
  try {
    return Date.now() - statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generateClients();
