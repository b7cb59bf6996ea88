// Every entry point of every package loads, and says what it has.
import * as core from "@evercache/core";
import * as prisma from "@evercache/prisma";
import * as redis from "@evercache/redis";
import * as testing from "@evercache/testing";

console.log(
  JSON.stringify({
    core: Object.keys(core),
    prisma: Object.keys(prisma),
    redis: Object.keys(redis),
    testing: Object.keys(testing),
  }),
);
