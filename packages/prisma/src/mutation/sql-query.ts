import { Statement } from "./sql-statement.js";
import { splitStatements } from "./sql-statements.js";
import { isMark, sqlTokens, type SqlToken } from "./sql-tokens.js";

/** What a query reads, or why its result is not to be kept. */
export type QueryReading = { readonly tables: ReadonlySet<string> } | { readonly refused: string };

const BEGIN_QUERY: ReadonlySet<string> = new Set(["select", "with", "values", "table"]);

/** They change no row, but something else: whoever calls them wants that to happen each time. */
const STATEFUL =
  /^(?:nextval|setval|set_config|setseed|pg_notify|pg_sleep\w*|sleep|benchmark|get_lock|release_lock|pg_(?:try_)?advisory_\w+)$/;

/** The tables that one query in SQL names where tables stand. Names are in lower case, without the schemas before them. */
export function readQuery(sql: string, provider: string, isTable: (name: string) => boolean): QueryReading {
  const tokens = sqlTokens(sql, provider);
  if (!tokens) return { refused: "it is not certain where its strings and comments end" };
  const statements = splitStatements(tokens).filter((statement) => statement.length > 0);
  const [only] = statements;
  if (!only || statements.length > 1) return { refused: "it is not one statement" };
  const first = only.find((token) => !isMark(token, "("));
  if (first?.kind !== "word" || !BEGIN_QUERY.has(first.text)) return { refused: "it is no SELECT" };
  const statement = new Statement(only, isTable, provider);
  if (statement.judge() !== "reads-only") return { refused: "it may write, or calls a function that may" };
  const stateful = only.find((token, i) => isStateful(token, only[i + 1]));
  if (stateful) return { refused: "it does something each time that it runs" };
  if (only.some((token, i) => locksRows(token, only.slice(i + 1, i + 4)))) return { refused: "it locks rows" };
  return { tables: statement.tables };
}

function isStateful(token: SqlToken, next: SqlToken | undefined): boolean {
  return (token.kind === "word" || token.kind === "quoted") && isMark(next, "(") && STATEFUL.test(token.text);
}

/** FOR UPDATE, FOR NO KEY UPDATE, FOR KEY SHARE, LOCK IN SHARE MODE. */
function locksRows(token: SqlToken, following: readonly SqlToken[]): boolean {
  if (token.kind !== "word") return false;
  const words = following.map((next) => (next.kind === "word" ? next.text : "")).join(" ");
  if (token.text === "for") return /^(?:update|share|no key update|key share)\b/.test(words);
  return token.text === "lock" && words === "in share mode";
}
