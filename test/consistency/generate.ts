import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../setup/child-server.js";

const schema = fileURLToPath(new URL("schema.prisma", import.meta.url));
const config = fileURLToPath(new URL("../setup/prisma.config.ts", import.meta.url));
const stamp = fileURLToPath(new URL("generated/.stamp", import.meta.url));
const prismaPackage = createRequire(import.meta.url).resolve("prisma/package.json");

/** Generates the Prisma client of this folder, where the schema or Prisma has changed since the last time. */
export async function generateClient(): Promise<void> {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  rmSync(stamp, { force: true });
  const cli = path.join(path.dirname(prismaPackage), "build", "index.js");
  await run(process.execPath, [cli, "generate", "--schema", schema, "--config", config]);
  writeFileSync(stamp, wanted);
}

function fingerprint(): string {
  const { version } = JSON.parse(readFileSync(prismaPackage, "utf8")) as { version: string };
  return createHash("sha256").update(version).update(readFileSync(schema)).digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generateClient();
