import { EvercacheError } from "@evercache/core";
import type { DataModel } from "./data-model.js";

/** `at`: the call or place that names the model. */
export function unknownModel(at: string, name: unknown, { models }: Pick<DataModel, "models">): EvercacheError {
  const known = [...models.keys()].join(", ");
  const message = `${at}: the schema has no model ${JSON.stringify(name)}. Known are: ${known}.`;
  return new EvercacheError("UNKNOWN_MODEL", message, { value: name });
}
