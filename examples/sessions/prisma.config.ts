import { defineConfig } from "prisma/config";

// `prisma generate` needs no schema engine, yet the CLI downloads one before every command unless it is told where one is.
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= process.execPath;

export default defineConfig({ schema: "prisma/schema.prisma" });
