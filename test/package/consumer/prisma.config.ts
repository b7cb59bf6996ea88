import { defineConfig } from "prisma/config";

// `generate` needs no schema engine, yet the CLI downloads one before every command unless it is told of one.
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= process.execPath;

export default defineConfig({ schema: "schema.prisma" });
