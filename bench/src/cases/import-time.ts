import { fileURLToPath } from "node:url";
import { run } from "../../../test/setup/child-server.js";
import { importScenario } from "../scenario-names.js";
import type { RunCase } from "./case.js";

const PROGRAM = fileURLToPath(new URL("../../dist/bench/src/child/import-time.js", import.meta.url));

/** What an application imports before evercache, and after what. */
const ORDERS = [
  ["client", "evercache"],
  ["client", "ioredis", "evercache"],
] as const;

/** How long the modules take to load, as they were built, each time in a new process. */
export const importTime: RunCase = async ({ scale, record, progress }) => {
  for (let turn = 0; turn < scale.importTime.processes; turn++) {
    for (const order of ORDERS) {
      const env = { NODE_ENV: "production" };
      const output = await run(process.execPath, [PROGRAM, ...order], { env });
      for (const [module, milliseconds] of Object.entries(JSON.parse(output) as Record<string, number>)) {
        const others = order.slice(
          0,
          order.findIndex((name) => name === module),
        );
        record({ case: "import time", scenario: importScenario(others), subject: module }, { milliseconds });
      }
    }
  }
  progress("import time");
};
