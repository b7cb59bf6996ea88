import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Stands before the server at `url` for the running test. */
export interface LosingProxy {
  readonly url: string;
  /**
   * The next request with this text does not arrive, or its reply does not: the connection is reset instead. Where it is the
   * reply that is lost, the server has done by then what it was asked.
   */
  loseNext(what: "request" | "reply", text: string): void;
}

export async function losingProxy(url: string): Promise<LosingProxy> {
  const { hostname, port } = new URL(url);
  let armed: { readonly what: "request" | "reply"; readonly text: string } | undefined;
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    let isReplyLost = false;
    const reset = () => {
      client.resetAndDestroy();
      server.destroy();
    };
    client.on("data", (chunk) => {
      const hit = armed && chunk.includes(armed.text) ? armed : undefined;
      if (hit) armed = undefined;
      if (hit?.what === "request") return reset();
      if (hit) isReplyLost = true;
      return server.write(chunk);
    });
    // That may be the reply to what was sent before. The server closes when it has gone through all that it was sent.
    server.on("data", (chunk) => (isReplyLost ? server.end() : client.write(chunk)));
    server.on("end", () => isReplyLost && reset());
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
    loseNext: (what, text) => {
      armed = { what, text };
    },
  };
}
