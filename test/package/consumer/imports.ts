// Every entry point of every package loads, and says what it has.
import * as core from "@evercache/core";
import * as opentelemetry from "@evercache/opentelemetry";
import * as prisma from "@evercache/prisma";
import * as accelerate from "@evercache/prisma/accelerate";
import * as prometheus from "@evercache/prometheus";
import * as redis from "@evercache/redis";
import * as testing from "@evercache/testing";

console.log(
  JSON.stringify({
    core: Object.keys(core),
    opentelemetry: Object.keys(opentelemetry),
    prisma: Object.keys(prisma),
    accelerate: Object.keys(accelerate),
    isOneError: prisma.EvercacheError === accelerate.EvercacheError,
    prometheus: Object.keys(prometheus),
    redis: Object.keys(redis),
    testing: Object.keys(testing),
  }),
);
