import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../setup/child-server.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The packages that are published, by the name of their folder. */
export const PACKAGES = ["core", "redis", "prisma", "testing", "cli", "prometheus", "opentelemetry"] as const;

/** And the one that has nothing but the name of the command. */
const PACKED = [...PACKAGES, "evercache"] as const;

/** Builds the packages and packs them into `folder`, as they would be published. */
export async function packPackages(folder: string): Promise<Record<(typeof PACKED)[number], string>> {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    packageManager: string;
  };
  await run("npm", ["run", "--silent", "build"], { cwd: root });
  const pack = ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", folder];
  await run("npx", ["-y", packageManager, "--dir", root, ...pack]);
  const files = readdirSync(folder);
  const tarballs = PACKED.map((name) => {
    const beginning = name === "evercache" ? name : `evercache-${name}`;
    const file = files.find((candidate) => new RegExp(`^${beginning}-[\\d.]+.*\\.tgz$`).test(candidate));
    if (file === undefined) throw new Error(`packPackages: ${name} is not among ${files.join(", ")}`);
    return [name, path.join(folder, file)];
  });
  return Object.fromEntries(tarballs) as Record<(typeof PACKED)[number], string>;
}

/** A program that the workspace's root has installed. */
export function tool(name: string): string {
  return path.join(root, "node_modules", ".bin", name);
}
