import { StoreUnavailableError } from "../errors.js";
import type { Store } from "./store.js";

/** In the place of a store that could not be opened: every call rejects, so that the database answers. */
export function absentStore(cause: unknown): Store {
  const refuse = (): Promise<never> =>
    Promise.reject(new StoreUnavailableError("the store could not be opened", { cause }));
  return {
    tier: "none",
    status: "unavailable",
    onStatus: () => () => {},
    lookup: refuse,
    mint: refuse,
    fill: refuse,
    remove: refuse,
    quarantine: refuse,
    release: refuse,
    rotate: refuse,
    probe: refuse,
    reconnect: () => {},
    close: () => Promise.resolve(),
  };
}
