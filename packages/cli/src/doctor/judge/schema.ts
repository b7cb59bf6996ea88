import { error, ok, type Finding } from "../finding.js";
import { spellCount } from "../spell.js";

const ID = "schema";
const SUPPORTED = ["postgresql", "postgres", "mysql", "sqlite", "cockroachdb"];

export interface SchemaFacts {
  readonly file: string;
  /** As the schema's datasource has it. */
  readonly provider: string | undefined;
  readonly models: number;
}

/** Whether the application's database is one that evercache knows. */
export function judgeSchema({ file, provider, models }: SchemaFacts): Finding[] {
  if (provider === undefined || models === 0) {
    const what = provider === undefined ? "no datasource with a provider" : "no model";
    return [
      error(
        ID,
        `${file} has ${what}.`,
        "It is no schema that Prisma could use.",
        "Write --schema and the file or folder of the schema.",
      ),
    ];
  }
  if (SUPPORTED.includes(provider)) return [ok(ID, `${spellCount(models, "model")} on ${provider}.`)];
  return [
    error(
      ID,
      `The database is ${provider}.`,
      "evercache knows what writes change on PostgreSQL, CockroachDB, MySQL, MariaDB and SQLite.",
      "Use one of these.",
    ),
  ];
}
