import type { CommandDefinition } from "../command.js";
import { doctor } from "./doctor.js";
import { inspect } from "./inspect.js";
import { keys } from "./keys.js";
import { monitor } from "./monitor.js";
import { stats } from "./stats.js";

/** In the order of help. */
export const commands: readonly CommandDefinition[] = [doctor, stats, monitor, keys, inspect];
