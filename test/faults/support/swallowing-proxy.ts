import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Stands before the server at `url` for the running test. */
export interface SwallowingProxy {
  readonly url: string;
  /** The next request does not arrive: its connection is reset instead. */
  swallowNext(): void;
}

export async function swallowingProxy(url: string): Promise<SwallowingProxy> {
  const { hostname, port } = new URL(url);
  let isArmed = false;
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    client.on("data", (chunk) => {
      if (!isArmed) return server.write(chunk);
      isArmed = false;
      client.resetAndDestroy();
      return server.destroy();
    });
    server.on("data", (chunk) => client.write(chunk));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: url.replace(`${hostname}:${port}`, address),
    swallowNext: () => {
      isArmed = true;
    },
  };
}
