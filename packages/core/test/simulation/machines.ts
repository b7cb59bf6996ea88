import { loadCore, type Patch } from "./load-core.js";
import { Clock } from "./scheduler.js";
import { SERVER_PATCH } from "./server.js";
import type { Machines } from "./world.js";

const MOST_PROCESSES = 3;

/** Loads the package once for the server and once for each process, all with the same changes. */
export async function startMachines(patches: readonly Patch[] = [], hasEpoch = true): Promise<Machines> {
  const program = await loadCore([...patches, SERVER_PATCH]);
  const clocks = Array.from({ length: MOST_PROCESSES }, () => new Clock());
  return {
    server: program(new Clock().globals),
    processes: clocks.map((clock) => ({ core: program(clock.globals), clock })),
    hasEpoch,
  };
}
