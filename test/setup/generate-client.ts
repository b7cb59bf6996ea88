import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./child-server.js";

const config = fileURLToPath(new URL("prisma.config.ts", import.meta.url));
const prismaPackage = createRequire(import.meta.url).resolve("prisma/package.json");

/**
 * Generates the Prisma client of `schema.prisma` in `folder` into `generated` there, where the schema or Prisma has
 * changed since the last time.
 */
export async function generateClientIn(folder: URL): Promise<void> {
  const schema = fileURLToPath(new URL("schema.prisma", folder));
  const stamp = fileURLToPath(new URL("generated/.stamp", folder));
  const wanted = fingerprint(schema);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  rmSync(stamp, { force: true });
  const cli = path.join(path.dirname(prismaPackage), "build", "index.js");
  await run(process.execPath, [cli, "generate", "--schema", schema, "--config", config]);
  writeFileSync(stamp, wanted);
}

function fingerprint(schema: string): string {
  const { version } = JSON.parse(readFileSync(prismaPackage, "utf8")) as { version: string };
  return createHash("sha256").update(version).update(readFileSync(schema)).digest("hex");
}
