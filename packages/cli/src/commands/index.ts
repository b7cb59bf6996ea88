import type { CommandDefinition } from "../command.js";
import { bench } from "./bench.js";
import { doctor } from "./doctor.js";
import { inspect } from "./inspect.js";
import { invalidate } from "./invalidate.js";
import { keys } from "./keys.js";
import { monitor } from "./monitor.js";
import { stats } from "./stats.js";
import { warm } from "./warm.js";

/** In the order of help. */
export const commands: readonly CommandDefinition[] = [doctor, stats, monitor, keys, inspect, invalidate, warm, bench];
