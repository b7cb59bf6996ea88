import { WRITING_VERBS } from "./sql-keywords.js";
import { splitStatements } from "./sql-statements.js";
import { isMark, sqlTokensAndNumbers, type SqlToken } from "./sql-tokens.js";

/** A literal, or a parameter. Of types that databases compare and store as they are. */
export type SqlValue = string | number | bigint | boolean | null;

/** One simple INSERT, UPDATE or DELETE. Names are in lower case. */
export interface SqlChange {
  readonly verb: "insert" | "update" | "delete";
  readonly table: string;
  /** The columns that an update writes to, with the values that they get. `undefined`: it is not known. */
  readonly written: ReadonlyMap<string, SqlValue | undefined>;
  /** What the WHERE says for certain of each row, by column. */
  readonly equal: ReadonlyMap<string, SqlValue>;
  /** The value is one of these. */
  readonly oneOf: ReadonlyMap<string, readonly SqlValue[]>;
}

/** They may change other rows than those that are added. */
const BEYOND_ADDING: ReadonlySet<string> = new Set(["conflict", "duplicate", "ignore", "replace"]);
const AFTER_WHERE: ReadonlySet<string> = new Set(["limit", "order", "returning"]);
/** Beside these, or within them, an AND is no conjunction of the whole. */
const NO_CONJUNCTION: ReadonlySet<string> = new Set(["between", "case", "or", "xor"]);
/** Casts that leave a value of the column's own type as it is. */
const CASTS: ReadonlySet<string> = new Set(["bigint", "int", "int4", "int8", "integer", "text", "uuid"]);

/**
 * What a statement says of the rows that it changes, if it is one of a simple form. `null`: it is not, and may do more.
 * @param values of the parameters; `null`: they are not known
 */
export function readChange(sql: string, provider: string, values: readonly unknown[] | null): SqlChange | null {
  const statements = splitStatements(sqlTokensAndNumbers(sql, provider) ?? []).filter((tokens) => tokens.length > 0);
  const [tokens, ...others] = statements;
  return tokens && others.length === 0 ? new ChangeParser(tokens, values).parse() : null;
}

class ChangeParser {
  readonly #tokens: readonly SqlToken[];
  readonly #values: readonly unknown[] | null;
  /** Whether each `?` is a parameter: in PostgreSQL it may be an operator. */
  readonly #countsMarks: boolean;
  #at = 0;

  constructor(tokens: readonly SqlToken[], values: readonly unknown[] | null) {
    this.#tokens = tokens;
    this.#values = values;
    const isNumbered = tokens.some((token, i) => isMark(token, "$") && tokens[i + 1]?.kind === "number");
    const marks = [...tokens.keys()].filter((i) => isMark(tokens[i], "?"));
    // SQLite numbers some of them: "?2".
    const areAlone = marks.every((i) => tokens[i + 1]?.kind !== "number");
    this.#countsMarks = !isNumbered && areAlone && marks.length === values?.length;
  }

  parse(): SqlChange | null {
    if (!this.#tokens.every(isWhole)) return null;
    const verbs = this.#tokens.filter(
      (token, i) => token.kind === "word" && WRITING_VERBS.has(token.text) && !isMark(this.#tokens[i + 1], "("),
    );
    if (verbs.length !== 1) return null;
    if (this.#skipWord("insert")) return this.#insert();
    if (this.#skipWord("update")) return this.#update();
    return this.#skipWord("delete") ? this.#delete() : null;
  }

  #insert(): SqlChange | null {
    const table = this.#skipWord("into") ? this.#path() : null;
    const isMore = this.#tokens.some((token) => token.kind === "word" && BEYOND_ADDING.has(token.text));
    return table === null || isMore
      ? null
      : { verb: "insert", table, written: new Map(), equal: new Map(), oneOf: new Map() };
  }

  #update(): SqlChange | null {
    const table = this.#table();
    if (table === null || !this.#skipWord("set")) return null;
    const written = new Map<string, SqlValue | undefined>();
    do {
      const column = this.#path();
      if (column === null || !this.#skipMark("=")) return null;
      const expression = this.#until((i) => this.#isMark(i, ",") || this.#endsSet(i));
      // A cast may store something else: '05'::int.
      written.set(column, this.#plainValue(expression));
    } while (this.#skipMark(","));
    const filter = this.#filter();
    return filter && { verb: "update", table, written, ...filter };
  }

  #delete(): SqlChange | null {
    const table = this.#skipWord("from") ? this.#table() : null;
    const filter = table === null ? null : this.#filter();
    return table === null || !filter ? null : { verb: "delete", table, written: new Map(), ...filter };
  }

  /** A table, perhaps with an alias. */
  #table(): string | null {
    this.#skipWord("only");
    const table = this.#path();
    const hasAlias = this.#skipWord("as") || !this.#endsTable(this.#at);
    if (hasAlias && this.#name(this.#at) !== null) this.#at++;
    return table;
  }

  #endsTable(i: number): boolean {
    const word = this.#word(i);
    return word === null || word === "set" || word === "where" || AFTER_WHERE.has(word);
  }

  /** The last of the names that dots join. */
  #path(): string | null {
    let name = this.#name(this.#at);
    if (name === null) return null;
    this.#at++;
    while (this.#skipMark(".")) {
      name = this.#name(this.#at);
      if (name === null) return null;
      this.#at++;
    }
    return name;
  }

  #endsSet(i: number): boolean {
    const word = this.#word(i);
    return word !== null && (word === "where" || word === "from" || AFTER_WHERE.has(word));
  }

  /** The rest of the statement. `null`: it is not only a WHERE. */
  #filter(): Pick<SqlChange, "equal" | "oneOf"> | null {
    const equal = new Map<string, SqlValue>();
    const oneOf = new Map<string, readonly SqlValue[]>();
    if (this.#skipWord("where")) {
      const tokens = this.#until((i) => AFTER_WHERE.has(this.#word(i) ?? ""));
      for (const condition of conjunctionOf(tokens)) this.#addCondition(condition, equal, oneOf);
    }
    const isEnd = this.#at >= this.#tokens.length || AFTER_WHERE.has(this.#word(this.#at) ?? "");
    return isEnd ? { equal, oneOf } : null;
  }

  /** `column = value`, `column IN (value, …)`. */
  #addCondition(
    tokens: readonly SqlToken[],
    equal: Map<string, SqlValue>,
    oneOf: Map<string, readonly SqlValue[]>,
  ): void {
    let at = 0;
    while (isName(tokens[at]) && isMark(tokens[at + 1], ".")) at += 2;
    const column = tokens[at];
    if (!isName(column) || (column.kind === "quoted" && column.mayBeText)) return;
    if (isMark(tokens[at + 1], "=")) {
      const value = this.#valueOf(tokens.slice(at + 2));
      if (value !== undefined && !equal.has(column.text)) equal.set(column.text, value);
      return;
    }
    const operator = tokens[at + 1];
    if (operator?.kind !== "word" || operator.text !== "in") return;
    if (!isMark(tokens[at + 2], "(") || !isMark(tokens.at(-1), ")")) return;
    const values = splitAt(tokens.slice(at + 3, -1), (token) => isMark(token, ",")).map((item) => this.#valueOf(item));
    if (values.every((value) => value !== undefined) && !oneOf.has(column.text)) oneOf.set(column.text, values);
  }

  /** `undefined`: these tokens are not simply a value, or it is not known. */
  #valueOf(tokens: readonly SqlToken[]): SqlValue | undefined {
    return this.#plainValue(withoutCast(tokens));
  }

  #plainValue([first, second, ...more]: readonly SqlToken[]): SqlValue | undefined {
    if (!first || more.length > 0) return undefined;
    if (isMark(first, "$") && second?.kind === "number") return this.#parameter(Number(second.text) - 1);
    return second === undefined ? this.#single(first) : undefined;
  }

  #single(token: SqlToken): SqlValue | undefined {
    if (token.kind === "string") return token.text === null || token.text.includes("\\") ? undefined : token.text;
    if (token.kind === "number") return /^\d{1,15}$/.test(token.text) ? Number(token.text) : undefined;
    if (token.kind === "word") return WORD_VALUES.get(token.text);
    if (!isMark(token, "?") || !this.#countsMarks) return undefined;
    return this.#parameter(this.#tokens.slice(0, this.#tokens.indexOf(token)).filter((one) => isMark(one, "?")).length);
  }

  #parameter(index: number): SqlValue | undefined {
    const value = this.#values?.[index];
    switch (typeof value) {
      case "string":
      case "bigint":
      case "boolean":
        return value;
      case "number":
        return Number.isSafeInteger(value) ? value : undefined;
      default:
        return value === null ? null : undefined;
    }
  }

  /** The tokens up to one outside of parentheses that `ends`. */
  #until(ends: (i: number) => boolean): SqlToken[] {
    const start = this.#at;
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      if (this.#isMark(this.#at, "(")) depth++;
      else if (this.#isMark(this.#at, ")")) depth--;
      else if (depth === 0 && ends(this.#at)) break;
    }
    return this.#tokens.slice(start, this.#at);
  }

  #skipWord(text: string): boolean {
    if (this.#word(this.#at) !== text) return false;
    this.#at++;
    return true;
  }

  #skipMark(text: string): boolean {
    if (!this.#isMark(this.#at, text)) return false;
    this.#at++;
    return true;
  }

  /** A name behind a dot is no keyword. */
  #word(i: number): string | null {
    const token = this.#tokens[i];
    return token?.kind === "word" && !this.#isMark(i - 1, ".") ? token.text : null;
  }

  #name(i: number): string | null {
    const token = this.#tokens[i];
    return isName(token) ? token.text : null;
  }

  #isMark(i: number, text: string): boolean {
    return isMark(this.#tokens[i], text);
  }
}

const WORD_VALUES: ReadonlyMap<string, SqlValue> = new Map<string, SqlValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function isName(token: SqlToken | undefined): token is SqlToken & { readonly kind: "word" | "quoted" } {
  return token?.kind === "word" || token?.kind === "quoted";
}

/** False for "1.5OR" and "or@a", in which a keyword may hide. */
function isWhole(token: SqlToken): boolean {
  if (token.kind === "number") return /^\d+(?:\.\d*)?(?:e\d+)?$/i.test(token.text);
  return token.kind !== "word" || !token.text.includes("@", 1);
}

/** `value::uuid`. */
function withoutCast(tokens: readonly SqlToken[]): readonly SqlToken[] {
  const type = tokens.at(-1);
  const isCast = isMark(tokens.at(-2), ":") && isMark(tokens.at(-3), ":");
  return isCast && type?.kind === "word" && CASTS.has(type.text) ? tokens.slice(0, -3) : tokens;
}

/** The parts of a condition that all hold. None where that is not certain. */
function conjunctionOf(tokens: readonly SqlToken[]): readonly (readonly SqlToken[])[] {
  const isWord = (i: number) => tokens[i]?.kind === "word" && !isMark(tokens[i - 1], ".");
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (isMark(token, "(")) depth++;
    else if (isMark(token, ")")) depth--;
    if (depth > 0) continue;
    // In MySQL "||" is an OR.
    if (isMark(token, "|") || (token.kind === "word" && isWord(i) && NO_CONJUNCTION.has(token.text))) return [];
  }
  return splitAt(tokens, (token, i) => token.kind === "word" && token.text === "and" && isWord(i));
}

/** Outside of parentheses. */
function splitAt(tokens: readonly SqlToken[], isSeparator: (token: SqlToken, i: number) => boolean): SqlToken[][] {
  const parts: SqlToken[][] = [[]];
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (isMark(token, "(")) depth++;
    else if (isMark(token, ")")) depth--;
    if (depth === 0 && isSeparator(token, i)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}
