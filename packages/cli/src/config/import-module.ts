import { pathToFileURL } from "node:url";

/** A module of the application: JavaScript, or TypeScript on every Node. */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  if (!/\.[cm]?tsx?$/.test(file)) return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { interopDefault: false });
  return jiti.import<Record<string, unknown>>(file);
}
