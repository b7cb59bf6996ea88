#!/usr/bin/env node
import { run } from "./run.js";

const { stdin, stdout, stderr, env } = process;

// `evercache … | head` is no mistake.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});
// What is said beside the results need not be read by anybody.
stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() });
// What an application's client has left open must not keep the command alive.
await new Promise<void>((resolve) => stdout.write("", () => resolve()));
await new Promise<void>((resolve) => stderr.write("", () => resolve()));
process.exit();
