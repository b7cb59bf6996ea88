export { openAdmin, type Admin, type AdminOptions } from "./admin/admin.js";
export type { Invalidated } from "./admin/invalidation.js";
export type { StampState, Validity, ValidityOptions } from "./admin/validity.js";
export type { FoundKey, KeyPage, KeysOptions } from "./admin/found-keys.js";
export type { StoredEntry, StoredFrame } from "./admin/stored-entry.js";
