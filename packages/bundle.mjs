// Makes one file of each package that applications load, from what tsc wrote: 150 small files take several times as long.
// Names and lines stay readable, for stack traces; what other packages export stays theirs.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const packages = fileURLToPath(new URL(".", import.meta.url));

await Promise.all(
  ["core", "redis", "prisma"].map((name) =>
    build({
      entryPoints: [`${packages}${name}/dist/index.js`],
      outfile: `${packages}${name}/bundle/index.js`,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      target: "node20.19",
      charset: "utf8",
      logLevel: "warning",
    }),
  ),
);
