export { createFaultProxy, type Direction, type FaultProxy, type FaultProxyOptions } from "./fault-proxy.js";
export { createBarrier, createGate, type Barrier, type Gate } from "./gate.js";
export { wrapStore, type StoreHooks } from "./wrap-store.js";
