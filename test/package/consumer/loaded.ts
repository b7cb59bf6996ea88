// Says whether ioredis is loaded: by a URL, and neither by importing the extension nor by making one without.
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import { cacheExtension } from "@evercache/prisma";

const { cache } = createRequire(import.meta.url);
const isLoaded = () => Object.keys(cache).some((file) => /[\\/]ioredis[\\/]/.test(file));

const imported = isLoaded();
cacheExtension();
await setImmediate();
const made = isLoaded();
cacheExtension({ redis: "redis://127.0.0.1:1" });
console.log(JSON.stringify({ imported, made, asked: isLoaded() }));
