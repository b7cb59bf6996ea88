// Makes one file of each entry of the packages that applications load, and one of what entries share, from what tsc wrote:
// 150 small files take several times as long.
// Names and lines stay readable, for stack traces. Dependencies and peers stay imports; what a package has as a
// devDependency only, and imports all the same, goes into its file, and the licence of that beside it.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

await Promise.all(
  ["core", "redis", "prisma", "prometheus", "opentelemetry"].map((name) => bundle(path.join(root, "packages", name))),
);

async function bundle(folder) {
  const { version, dependencies, peerDependencies, exports } = JSON.parse(
    readFileSync(path.join(folder, "package.json"), "utf8"),
  );
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entriesOf(exports).map((name) => path.join(folder, "dist", name)),
    outdir: path.join(folder, "bundle"),
    bundle: true,
    splitting: true,
    chunkNames: "shared-[hash]",
    external: Object.keys({ ...dependencies, ...peerDependencies }),
    format: "esm",
    platform: "node",
    target: "node20.19",
    // One letter beyond Latin-1, and Node decodes and reads all of a file as two bytes a letter.
    charset: "ascii",
    define: { EVERCACHE_VERSION: JSON.stringify(version) },
    logLevel: "warning",
    metafile: true,
    write: false,
  });
  const contents = new Map(outputFiles.map((file) => [path.basename(file.path), Buffer.from(file.contents)]));
  const licences = licencesOf(Object.keys(metafile.inputs));
  if (licences.length > 0) contents.set("LICENSES.txt", Buffer.from(licences.join("\n\n")));
  replace(path.join(folder, "bundle"), contents);
}

/** Lets a folder have these files and no others, at no moment a part of one: somebody may be loading them. */
function replace(folder, contents) {
  mkdirSync(folder, { recursive: true });
  // What entries import is there before they are.
  const inOrder = [...contents].sort(([one], [other]) => isShared(other) - isShared(one));
  for (const [name, content] of inOrder) {
    const file = path.join(folder, name);
    if (existsSync(file) && readFileSync(file).equals(content)) continue;
    writeFileSync(`${file}.new`, content);
    renameSync(`${file}.new`, file);
  }
  for (const name of readdirSync(folder)) if (!contents.has(name)) rmSync(path.join(folder, name));
}

function isShared(name) {
  return Number(name.startsWith("shared-"));
}

/** The files that a package exports, by their names in `bundle`. */
function entriesOf(exports) {
  return Object.values(exports).flatMap(({ default: file }) => (file ? [path.basename(file)] : []));
}

/** Of the packages that the files belong to, where these are not our own. */
function licencesOf(files) {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  return [...folders].map((folder) => {
    const { name, version } = JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8"));
    const file = path.join(root, folder, "LICENSE");
    if (!existsSync(file)) throw new Error(`bundle: ${name} is to be part of a package, and has no LICENSE`);
    return `${name} ${version}\n\n${readFileSync(file, "utf8").trim()}\n`;
  });
}
