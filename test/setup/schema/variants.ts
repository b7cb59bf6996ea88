/** The databases that the tests run on, by the name that a Prisma schema gives them. */
export const PROVIDERS = ["postgresql", "mysql", "sqlite"] as const;

export type Provider = (typeof PROVIDERS)[number];

const UUID = {
  postgresql: "gen_random_uuid()",
  mysql: "(uuid())",
  sqlite: "(lower(hex(randomblob(16))))",
} satisfies Record<Provider, string>;

const NOTICE = "// Written from shop.prisma.template by `pnpm --filter @evercache/test schema`.\n\n";

/** The schema of one database, from the template that all of them share. */
export function schemaVariant(template: string, provider: Provider): string {
  const values: Record<string, string> = {
    provider,
    uuid: UUID[provider],
    // InnoDB knows no SET DEFAULT.
    setDefault: provider === "mysql" ? "Restrict" : "SetDefault",
  };
  const lines = template
    .slice(template.indexOf("generator client"))
    .split("\n")
    .flatMap((line) => {
      const only = /\s*\/\/ only ([\w, ]+)$/.exec(line);
      if (!only) return [line];
      return only[1]?.split(/[, ]+/).includes(provider) ? [line.slice(0, only.index)] : [];
    });
  const text = lines.join("\n").replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`schemaVariant: the template uses {{${name}}}, which no variant has`);
    return value;
  });
  return NOTICE + text;
}
