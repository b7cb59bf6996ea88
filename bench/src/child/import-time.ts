import { stdout } from "node:process";

/*
 * A program of its own: imports the modules that it is told, one after the other, and prints how many milliseconds each
 * took, as JSON.
 */
const MODULES: Readonly<Record<string, () => Promise<unknown>>> = {
  client: () => import("../../generated/client.js"),
  ioredis: () => import("ioredis"),
  evercache: () => import("@evercache/prisma"),
};

const times: Record<string, number> = {};
for (const name of process.argv.slice(2)) {
  const began = performance.now();
  await MODULES[name]!();
  times[name] = performance.now() - began;
}
stdout.write(JSON.stringify(times));
