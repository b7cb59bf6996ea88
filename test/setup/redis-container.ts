import { freePort } from "./child-server.js";
import type { RedisServer } from "./redis.js";

/** The same as `startRedis()`, in a container. Its `pid` is what Docker reports, seen from the host. */
export async function startRedisContainer(args: readonly string[]): Promise<RedisServer> {
  // Loaded only where it is needed: it takes half a second.
  const { GenericContainer, getContainerRuntimeClient } = await import("testcontainers");
  const port = await freePort();
  const run = () =>
    new GenericContainer("redis:7-alpine")
      .withExposedPorts({ container: 6379, host: port })
      .withCommand(["redis-server", "--save", "", "--appendonly", "no", ...args])
      .start();

  const client = await getContainerRuntimeClient().catch((cause: unknown) => {
    throw new Error("Install Redis 7 or Valkey (redis-server or valkey-server on PATH), or start Docker.", { cause });
  });
  let container = await run();
  let running = true;
  const handle = () => client.container.getById(container.getId());
  const inspectPid = async () => (await handle().inspect()).State.Pid;
  let pid = await inspectPid();

  const stop = async () => {
    if (!running) return;
    running = false;
    // A paused container cannot be stopped.
    await handle()
      .unpause()
      .catch(() => {});
    await container.stop();
  };

  return {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
    process: null,
    get pid() {
      return pid;
    },
    async pause() {
      await handle().pause();
    },
    async resume() {
      await handle().unpause();
    },
    stop,
    async kill() {
      await handle().kill();
      await stop();
    },
    async restart() {
      await stop();
      container = await run();
      running = true;
      pid = await inspectPid();
    },
  };
}
