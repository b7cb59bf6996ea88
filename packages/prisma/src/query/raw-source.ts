import { anyTag } from "@evercache/core";

/** What reports, keys and tags have in the place of a model, where a query in SQL is of none. */
export const RAW = "$raw";
export const RAW_SOURCE = { model: RAW, operation: "queryRaw" } as const;
/** Depended on by queries that name no model, so that what drops everything drops them too. */
export const RAW_TAG = anyTag(RAW);
