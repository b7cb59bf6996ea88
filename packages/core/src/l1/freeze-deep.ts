/** Freezes objects and arrays all the way down. A Date or a typed array cannot be frozen, and stays as it is. */
export function freezeDeep(value: unknown): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeep(part);
}
