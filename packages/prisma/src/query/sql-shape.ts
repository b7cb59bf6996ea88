import { sqlTokensAndNumbers, type SqlToken } from "../mutation/sql-tokens.js";
import { clip, type IsName } from "./query-shape.js";

/**
 * A text of SQL without comments and without the values in it, in lower case: `select name from product where id = ?`. What may be
 * a text in quotes is shown only where the schema has it as a name. Where it is not certain what is one, nothing is shown.
 */
export function sqlShape(sql: string, provider: string, isName: IsName): string {
  const tokens = sqlTokensAndNumbers(sql, provider);
  if (!tokens) return "?";
  let text = "";
  let last = "";
  for (const token of tokens) {
    const shown = shownOf(token, provider, isName);
    const isPlaceholder = shown === "?" && last === "$";
    if (isPlaceholder) text = text.slice(0, -1);
    text += isPlaceholder || isJoined(last, shown) ? shown : ` ${shown}`;
    last = isOneMark(last + shown) ? last + shown : shown;
  }
  return clip(text.trim().replaceAll(/\?(?:, \?)+/g, "?, …"));
}

function shownOf(token: SqlToken, provider: string, isName: IsName): string {
  switch (token.kind) {
    case "word":
    case "mark":
      return token.text;
    case "quoted":
      return isCertain(token, provider) || isName(token.text) ? token.text : "?";
    case "string":
    case "number":
      return "?";
    default:
      return token satisfies never;
  }
}

/** SQLite takes what is in quotes for a text where there is no column of that name, MySQL by a setting. */
function isCertain({ mayBeText }: SqlToken & { readonly kind: "quoted" }, provider: string): boolean {
  return !mayBeText && provider !== "sqlite";
}

function isJoined(last: string, next: string): boolean {
  return (
    [",", ")", ".", ";", "::", ":"].includes(next) || ["(", ".", "::", ":", ""].includes(last) || isOneMark(last + next)
  );
}

function isOneMark(marks: string): boolean {
  return ["<=", ">=", "<>", "!=", "||", "->", "->>", "@>", "<@", "::"].includes(marks);
}
