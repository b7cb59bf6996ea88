import { ClusterServers } from "./cluster-servers.js";
import type { Address, Client } from "./client.js";
import type { Topology } from "./options.js";
import { Sentinels } from "./sentinels.js";
import { Server } from "./server.js";
import { UnfitServerError } from "./server-error.js";
import type { Servers } from "./servers.js";
import { SingleServer } from "./single-server.js";

/** Connects to the servers. `onProbe` hears each epoch that one of them tells. */
export function openServers(topology: Topology, onProbe: (epoch: string) => void): Servers {
  const random = Math.random;
  switch (topology.kind) {
    case "single":
      return new SingleServer(new Server({ open: topology.open, random, onProbe }));
    case "sentinel":
      return openSentinelServer(topology, onProbe);
    case "cluster":
      return new ClusterServers({ ...topology, random, onProbe });
    default:
      return topology satisfies never;
  }
}

function openSentinelServer(
  { open, sentinel }: Extract<Topology, { kind: "sentinel" }>,
  onProbe: (epoch: string) => void,
): Servers {
  const random = Math.random;
  const addresses = new WeakMap<Client, Address>();
  let latest: Address | undefined;
  const sentinels = new Sentinels({
    ...sentinel,
    random,
    // Each sentinel tells, some of them long after the first.
    onSwitch: (promoted) => {
      const isThere = latest !== undefined && promoted?.host === latest.host && promoted.port === latest.port;
      if (isThere) server.reconfirm();
      else server.reconnect();
    },
    onDoubt: () => server.reconfirm(),
  });
  const server = new Server({
    random,
    onProbe,
    open: async (override) => {
      const address = await sentinels.primary();
      latest = address;
      const client = await open({ ...sentinel.override, ...address, ...override });
      addresses.set(client, address);
      return client;
    },
    confirm: async (client) => {
      const address = addresses.get(client);
      if (!address) throw new UnfitServerError("a connection of which nobody knows where it leads");
      return sentinels.confirm(address);
    },
  });
  return new SingleServer(server, () => sentinels.close());
}
