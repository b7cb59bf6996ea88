import type { CommandDefinition } from "../command.js";
import { doctor } from "./doctor.js";

/** In the order of help. */
export const commands: readonly CommandDefinition[] = [doctor];
