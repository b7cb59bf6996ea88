import { AnyNull, DbNull, JsonNull, type Decimal } from "@prisma/client/runtime/client";

const NAMES = new Map<unknown, string>([
  [DbNull, "Prisma.DbNull"],
  [JsonNull, "Prisma.JsonNull"],
  [AnyNull, "Prisma.AnyNull"],
]);

/** A value as TypeScript spells it. */
export function spell(value: unknown): string {
  const name = NAMES.get(value);
  if (name !== undefined) return name;
  if (value === undefined) return "undefined";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spell).join(", ")}]`;
  if (value instanceof Date) return `new Date("${value.toISOString()}")`;
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join(", ")})`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `new Decimal("${(value as Decimal).toString()}")`;
  const parts = Object.entries(value).map(
    ([key, part]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${spell(part)}`,
  );
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}
