import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../test/setup/child-server.js";
import { INSTALLED_ALL, INSTALLED_OTHERS, INSTALLED_SCENARIO } from "../scenario-names.js";
import type { RunCase } from "./case.js";

const ENTRY = fileURLToPath(new URL("../../../packages/prisma", import.meta.url));

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Production dependencies of `@evercache/prisma`, all the way down. Its peers are there already. */
export const installedSize: RunCase = async ({ record, progress }) => {
  const sizes = new Map<string, number>();
  await visit(realpathSync(ENTRY), sizes);
  const own = [...sizes].filter(([name]) => name.startsWith("@evercache/"));
  const bytesOf = (packages: readonly (readonly [string, number])[]) =>
    packages.reduce((sum, [, bytes]) => sum + bytes, 0);
  const place = { case: "installed size", scenario: INSTALLED_SCENARIO } as const;
  record({ ...place, subject: INSTALLED_ALL }, { packages: sizes.size, bytes: bytesOf([...sizes]) });
  record(
    { ...place, subject: INSTALLED_OTHERS },
    { packages: sizes.size - own.length, bytes: bytesOf([...sizes]) - bytesOf(own) },
  );
  for (const [name, bytes] of sizes) record({ ...place, subject: name }, { packages: 1, bytes });
  progress(`installed size: ${sizes.size} packages`);
};

async function visit(folder: string, sizes: Map<string, number>): Promise<void> {
  const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
  if (sizes.has(manifest.name)) return;
  const isOwn = manifest.name.startsWith("@evercache/");
  sizes.set(manifest.name, isOwn ? await publishedBytes(folder) : bytesBelow(folder));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) await visit(resolve(folder, dependency), sizes);
}

/** As Node looks it up. */
function resolve(from: string, name: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (statSync(candidate, { throwIfNoEntry: false })) return realpathSync(candidate);
    if (folder === path.dirname(folder)) throw new Error(`${name} is not installed for ${from}`);
  }
}

/** Of a package in this repository: what its tarball has. */
async function publishedBytes(folder: string): Promise<number> {
  const told = await run("npm", ["pack", "--dry-run", "--json"], { cwd: folder });
  const [packed] = JSON.parse(told) as [{ readonly unpackedSize: number }];
  return packed.unpackedSize;
}

function bytesBelow(file: string): number {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(file)
    .filter((name) => name !== "node_modules")
    .reduce((sum, name) => sum + bytesBelow(path.join(file, name)), 0);
}
