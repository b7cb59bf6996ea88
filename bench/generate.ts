import { fileURLToPath } from "node:url";
import { generateClientIn } from "../test/setup/generate-client.js";

/** Generates the Prisma client of the benchmarks, where the schema or Prisma has changed since the last time. */
export function generateClient(): Promise<void> {
  return generateClientIn(new URL(".", import.meta.url));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generateClient();
