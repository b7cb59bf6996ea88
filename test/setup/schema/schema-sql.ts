import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { schemaVariant, type Provider } from "./variants.js";

/** TypeScript declares WebAssembly with the browser's names only. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object, imports: Record<string, object>) => { exports: Record<string, unknown> };
  };
};

/** The parts of Prisma's schema engine that are used here; the package has no types for its WebAssembly glue. */
interface EngineGlue {
  __wbg_set_wasm(exports: object): void;
  SchemaEngine: {
    new: (
      options: { datamodels: [name: string, content: string][] },
      log: () => void,
      adapter: unknown,
    ) => Promise<{ diff(input: unknown): Promise<{ stdout: string }> }>;
  };
}

/**
 * The SQL that creates every table of the shop, as Prisma would migrate an empty database. Needs neither a database
 * nor the native schema engine, which Prisma downloads from a server that not every machine can reach.
 */
export async function schemaSql(template: string, provider: Provider): Promise<string> {
  if (provider === "postgresql") return engineSql(schemaVariant(template, provider), provider);
  if (provider === "sqlite") return numberBigIds(await engineSql(schemaVariant(template, provider), provider));
  // The engine in WebAssembly knows no MySQL. The template's MySQL columns in PostgreSQL's words, translated.
  const schema = schemaVariant(template, "mysql").replace(`provider = "mysql"`, `provider = "postgresql"`);
  return toMysql(await engineSql(schema, "postgresql"));
}

async function engineSql(schema: string, provider: "postgresql" | "sqlite"): Promise<string> {
  const glue = await loadEngine();
  const empty = { columnNames: [], columnTypes: [], rows: [] };
  // The engine asks its connection for its flavour only: a difference from "empty" reads no table.
  const flavour = provider === "postgresql" ? "postgres" : "sqlite";
  const connection = {
    provider: flavour,
    adapterName: "offline",
    queryRaw: async () => empty,
    executeRaw: async () => 0,
    executeScript: async () => {},
    getConnectionInfo: () => ({ schemaName: "public", maxBindValues: 32_766, supportsRelationJoins: true }),
    dispose: async () => {},
  };
  const factory = {
    provider: flavour,
    adapterName: "offline",
    connect: async () => connection,
    connectToShadowDb: async () => connection,
  };
  const engine = await glue.SchemaEngine.new(
    { datamodels: [["schema.prisma", schema]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory as never),
  );
  const { stdout } = await engine.diff({
    from: { tag: "empty" },
    to: { tag: "schemaDatamodel", files: [{ path: "schema.prisma", content: schema }] },
    script: true,
    shadowDatabaseUrl: null,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return `${stdout.trim()}\n`;
}

let engine: Promise<EngineGlue> | undefined;

function loadEngine(): Promise<EngineGlue> {
  engine ??= (async () => {
    const folder = path.dirname(createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm"));
    const glue = (await import(pathToFileURL(path.join(folder, "schema_engine_bg.js")).href)) as EngineGlue;
    const module = new WebAssembly.Module(readFileSync(path.join(folder, "schema_engine_bg.wasm")));
    const instance = new WebAssembly.Instance(module, { "./schema_engine_bg.js": glue });
    glue["__wbg_set_wasm"](instance.exports);
    (instance.exports["__wbindgen_start"] as (() => void) | undefined)?.();
    return glue;
  })();
  return engine;
}

/** SQLite counts up only keys that are declared INTEGER, which has 64 bits there; Prisma's engine writes BIGINT. */
function numberBigIds(sql: string): string {
  return sql.replaceAll('"id" BIGINT NOT NULL PRIMARY KEY', '"id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT');
}

/** PostgreSQL's spelling → MySQL's, for what the template uses. Column types as Prisma maps them by default. */
function toMysql(sql: string): string {
  const enums = new Map<string, string>();
  const tables = sql.replaceAll(/-- CreateEnum\nCREATE TYPE "(\w+)" AS ENUM (\([^)]*\));\n\n/g, (_, name, values) => {
    enums.set(name as string, `ENUM${values as string}`);
    return "";
  });
  const types: [pattern: RegExp, replacement: string][] = [
    [/-- CreateSchema\nCREATE SCHEMA [^;]*;\n\n/, ""],
    [/\bBIGSERIAL\b/g, "BIGINT AUTO_INCREMENT"],
    [/\bSERIAL\b/g, "INTEGER AUTO_INCREMENT"],
    [/\bTEXT\b/g, "VARCHAR(191)"],
    [/\bTIMESTAMP\(3\)/g, "DATETIME(3)"],
    [/\bDOUBLE PRECISION\b/g, "DOUBLE"],
    [/\bDECIMAL\(65,30\)/g, "DECIMAL(65, 30)"],
    [/\bJSONB\b/g, "JSON"],
    [/\bBYTEA\b/g, "LONGBLOB"],
    [/DEFAULT CURRENT_TIMESTAMP\b/g, "DEFAULT CURRENT_TIMESTAMP(3)"],
    [/CONSTRAINT "\w+_pkey" PRIMARY KEY/g, "PRIMARY KEY"],
  ];
  let text = types.reduce(
    (all, [pattern, replacement]) => all.replaceAll(new RegExp(pattern, "g"), replacement),
    tables,
  );
  for (const [name, values] of enums) text = text.replaceAll(`" "${name}"`, `" ${values}`);
  return text.replaceAll('"', "`");
}
