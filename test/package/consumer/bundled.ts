// To be bundled, and run where nothing is installed: connects by a URL.
import { createRedisStore } from "@evercache/redis";

const store = createRedisStore({ redis: process.env["REDIS_URL"] ?? "", namespace: "consumer" });
store.onStatus((status, error) => {
  console.log(error ?? status);
  process.exit();
});
