import { Statement } from "./sql-statement.js";
import { isMark, sqlTokens, type SqlToken } from "./sql-tokens.js";

/**
 * The tables that SQL writes to, if it writes, or where that is not certain all that it names. `unclear`: it may write to
 * any table. Names are in lower case, without the schemas before them.
 */
export function readStatements(
  sql: string,
  provider: string,
  isTable: (name: string) => boolean,
): ReadonlySet<string> | "reads-only" | "unclear" {
  const tokens = sqlTokens(sql, provider);
  if (!tokens) return "unclear";
  const named = new Set<string>();
  let writes = false;
  for (const statement of splitStatements(tokens)) {
    const reading = new Statement(statement, isTable, provider);
    const verdict = reading.judge();
    if (verdict === "unclear") return "unclear";
    if (verdict === "reads-only") continue;
    writes = true;
    if (reading.targets) {
      for (const target of reading.targets) named.add(target);
      continue;
    }
    for (const [i, token] of statement.entries()) {
      // "ORDER BY", though there may be a table of orders.
      if (isWord(token, "order") && isWord(statement[i + 1], "by")) continue;
      if ((token.kind === "word" || token.kind === "quoted") && isTable(token.text)) named.add(token.text);
    }
  }
  return writes ? named : "reads-only";
}

const CHANGES: ReadonlySet<string> = new Set(["insert", "update", "delete", "merge"]);

/** Whether SQL is one statement that changes rows, all of them or, if it is refused, none. */
export function isOneChange(sql: string, provider: string): boolean {
  const statements = splitStatements(sqlTokens(sql, provider) ?? []).filter((tokens) => tokens.length > 0);
  const [first, ...others] = statements;
  if (!first || others.length > 0 || first[0]?.kind !== "word" || !CHANGES.has(first[0].text)) return false;
  // SQLite's "OR FAIL" keeps what was done until then.
  return !first.some((token) => isWord(token, "fail"));
}

function isWord(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === "word" && token.text === text;
}

export function splitStatements(tokens: readonly SqlToken[]): SqlToken[][] {
  const statements: SqlToken[][] = [[]];
  let isInBody = false;
  for (const token of tokens) {
    if (isMark(token, "$$")) isInBody = !isInBody;
    if (isMark(token, ";") && !isInBody) statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements;
}
