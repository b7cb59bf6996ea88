/** A piece of SQL outside of comments. */
export type SqlToken =
  /** A keyword or a bare name, in lower case. */
  | { readonly kind: "word"; readonly text: string }
  /** `"name"`, `` `name` ``, `[name]`, in lower case. */
  | { readonly kind: "quoted"; readonly text: string; readonly mayBeText: boolean }
  /** Its text with doubled quotes as one; what a dollar quote encloses is not kept. */
  | { readonly kind: "string"; readonly text: string | null }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "mark"; readonly text: string };

export function isMark(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}

const WORD = /[\p{L}_@][\p{L}\p{N}_$@]*/uy;
const NUMBER = /\d[\w.]*/y;
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const SPACE = /\s+/y;

/** As `sqlTokensAndNumbers`, without the numbers: they name nothing. */
export function sqlTokens(sql: string, provider: string): SqlToken[] | null {
  return sqlTokensAndNumbers(sql, provider)?.filter(({ kind }) => kind !== "number") ?? null;
}

/**
 * Splits SQL into tokens. What a dollar quote encloses is code in a `DO`, else a string.
 * `null`: where strings and comments end is not certain, so that nothing is.
 */
export function sqlTokensAndNumbers(sql: string, provider: string): SqlToken[] | null {
  const tokens: SqlToken[] = [];
  const isMySql = provider === "mysql";
  const isPostgres = provider === "postgresql" || provider === "cockroachdb";
  const hasBrackets = provider === "sqlserver" || provider === "sqlite";
  let at = 0;

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0] ?? null;
  };
  /** The place after the quote that closes the one at `at`, a doubled one being part of the text. */
  const closing = (quote: string): number => {
    for (let i = at + 1; i < sql.length; i++) {
      if (sql[i] !== quote) continue;
      if (sql[i + 1] === quote) i++;
      else return i + 1;
    }
    return -1;
  };

  while (at < sql.length) {
    const character = sql[at] ?? "";
    const two = sql.slice(at, at + 2);
    if (character === "'") {
      const end = closing("'");
      // Whether a backslash escapes depends on the server's settings.
      if (end < 0 || /\\(?:'|$)/.test(sql.slice(at + 1, end - 1))) return null;
      tokens.push({ kind: "string", text: sql.slice(at + 1, end - 1).replaceAll("''", "'") });
      at = end;
    } else if (character === '"' || character === "`" || (character === "[" && hasBrackets)) {
      const end = character === "[" ? sql.indexOf("]", at) + 1 : closing(character);
      if (end <= 0) return null;
      const text = sql.slice(at + 1, end - 1);
      // In MySQL this may be a string, and a backslash may escape its end.
      if (character === '"' && text.includes("\\")) return null;
      const name = text.replaceAll(character + character, character).toLowerCase();
      tokens.push({ kind: "quoted", text: name, mayBeText: character === '"' && isMySql });
      at = end;
    } else if (two === "--" || (character === "#" && isMySql)) {
      // MySQL takes "--" for a comment only before a space.
      if (two === "--" && isMySql && !/^--(\s|$)/.test(sql.slice(at, at + 3))) {
        tokens.push({ kind: "mark", text: "-" });
        at++;
        continue;
      }
      const end = sql.slice(at).search(isPostgres ? /[\r\n]/ : /\n/);
      at = end < 0 ? sql.length : at + end;
    } else if (two === "/*") {
      // MySQL runs what "/*!" and MariaDB what "/*M!" encloses.
      if (/^\/\*M?!/.test(sql.slice(at, at + 4))) return null;
      const end = endOfComment(sql, at, isPostgres || provider === "sqlserver");
      if (end < 0) return null;
      at = end;
    } else {
      const quote = isPostgres ? match(DOLLAR_QUOTE) : null;
      const word = quote === null ? match(WORD) : null;
      if (quote !== null) {
        const end = sql.indexOf(quote, at + quote.length);
        if (end < 0) return null;
        if (isBlock(tokens)) {
          const body = sqlTokensAndNumbers(sql.slice(at + quote.length, end), provider);
          if (!body) return null;
          tokens.push({ kind: "mark", text: "$$" }, ...body, { kind: "mark", text: "$$" });
        } else {
          tokens.push({ kind: "string", text: null });
        }
        at = end + quote.length;
      } else if (word !== null) {
        at += word.length;
        // The characters of such a name are spelled by escapes.
        if (/^u&['"]/i.test(sql.slice(at - 1, at + 2)) && word.length === 1) return null;
        tokens.push({ kind: "word", text: word.toLowerCase() });
      } else {
        const space = match(SPACE);
        const number = match(NUMBER);
        if (number !== null) tokens.push({ kind: "number", text: number });
        else if (space === null) tokens.push({ kind: "mark", text: character });
        at += (space ?? number)?.length ?? 1;
      }
    }
  }
  return tokens;
}

/** Whether the statement that these tokens end in is a `DO`. */
function isBlock(tokens: readonly SqlToken[]): boolean {
  const start = tokens.findLastIndex((token) => isMark(token, ";")) + 1;
  const first = tokens[start];
  return first?.kind === "word" && first.text === "do";
}

function endOfComment(sql: string, start: number, isNested: boolean): number {
  let depth = 0;
  for (let i = start; i < sql.length; i++) {
    const two = sql.slice(i, i + 2);
    if (two === "/*" && (isNested || depth === 0)) {
      depth++;
      i++;
    } else if (two === "*/") {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}
