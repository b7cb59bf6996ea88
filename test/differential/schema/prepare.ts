import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../setup/child-server.js";
import { schemaSql } from "../../setup/schema/schema-sql.js";
import { schemaVariant, type Provider } from "../../setup/schema/variants.js";

const template = fileURLToPath(new URL("all.prisma.template", import.meta.url));
const generated = fileURLToPath(new URL("../generated", import.meta.url));
const config = fileURLToPath(new URL("../../setup/prisma.config.ts", import.meta.url));
const prismaPackage = createRequire(import.meta.url).resolve("prisma/package.json");

/** A schema on one kind of database. */
export interface PreparedSchema {
  readonly text: string;
  /** Creates its tables. */
  readonly sql: string;
  /** The module of its generated client. */
  readonly client: string;
}

/**
 * Generates the client and the SQL of a schema, unless they are there from the last time.
 * @param file somebody's own schema, or a folder of its parts; left out: the one that has every feature
 */
export async function prepareSchema(provider: Provider, file?: string): Promise<PreparedSchema> {
  const text =
    file === undefined ? schemaVariant(readFileSync(template, "utf8"), provider) : adopted(readSchema(file), provider);
  const { version } = JSON.parse(readFileSync(prismaPackage, "utf8")) as { version: string };
  const stamp = createHash("sha256").update(version).update(text).digest("hex");
  const folder = path.join(generated, `${provider}-${stamp.slice(0, 12)}`);
  const [schemaFile, sqlFile] = [path.join(folder, "schema.prisma"), path.join(folder, "schema.sql")];
  const client = path.join(folder, "client", "client.ts");
  if (!existsSync(sqlFile)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(schemaFile, text);
    const cli = path.join(path.dirname(prismaPackage), "build", "index.js");
    await run(process.execPath, [cli, "generate", "--schema", schemaFile, "--config", config]);
    writeFileSync(sqlFile, await schemaSql(text, provider));
  }
  return { text, sql: readFileSync(sqlFile, "utf8"), client };
}

function readSchema(file: string): string {
  if (!statSync(file).isDirectory()) return readFileSync(file, "utf8");
  const names = readdirSync(file, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".prisma"));
  return names.map((name) => readFileSync(path.join(file, name), "utf8")).join("\n");
}

const HEADER = (provider: Provider) => `generator client {
  provider            = "prisma-client"
  output              = "client"
  importFileExtension = "js"
}

datasource db {
  provider = "${provider}"
}
`;

/** The models of a schema, with a generator and a database of our own. */
function adopted(text: string, provider: Provider): string {
  const models = text.replaceAll(/^(generator|datasource)\s+\w+\s*\{[\s\S]*?^\}/gm, "");
  const fitting = provider === "postgresql" ? models : withoutPostgres(models);
  return `${HEADER(provider)}\n${fitting.replaceAll(/^\s*@@schema\(.*\)\s*$/gm, "")}`;
}

/** What only PostgreSQL has: native types, lists of values, indexes of its own kinds. */
function withoutPostgres(models: string): string {
  const relations = new Set([...models.matchAll(/^model\s+(\w+)/gm)].map(([, name]) => name));
  return models
    .replaceAll(/@db\.\w+(\([^)]*\))?/g, "")
    .replaceAll(/@default\(dbgenerated\((?:"(?:[^"\\]|\\.)*")?\)\)/g, "@default(uuid())")
    .split("\n")
    .filter((line) => {
      const list = /^\s+\w+\s+(\w+)\[\]/.exec(line);
      if (list && !relations.has(list[1])) return false;
      return !/^\s*@@(index|fulltext)\(/.test(line);
    })
    .join("\n");
}
