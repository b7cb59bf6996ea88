import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Provider } from "./variants.js";

const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export const templateFile = at("shop.prisma.template");
export const schemaFile = (provider: Provider) => at(`${provider}.prisma`);
export const sqlFile = (provider: Provider) => at(`${provider}.sql`);

export const readTemplate = () => readFileSync(templateFile, "utf8");
export const readSql = (provider: Provider) => readFileSync(sqlFile(provider), "utf8");
