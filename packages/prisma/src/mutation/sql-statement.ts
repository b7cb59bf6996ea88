import { mayWrite } from "./sql-functions.js";
import {
  AFTER_TABLE,
  BEFORE_TABLE_NAME,
  BEFORE_TABLES,
  FROM_WITHIN,
  HARMLESS_VERBS,
  UNCLEAR_WORDS,
  UNCLEAR_WORDS_IN_BLOCK,
  WRITING_VERBS,
} from "./sql-keywords.js";
import { isMark, type SqlToken } from "./sql-tokens.js";

/** `unclear`: it may write to a table that it does not name, or that is not known. */
export type Verdict = "writes" | "reads-only" | "unclear";

const ONE_TARGET: ReadonlySet<string> = new Set(["cockroachdb", "postgresql", "sqlite"]);
const BEGIN_SUBQUERY: ReadonlySet<string> = new Set(["select", "values", "with"]);
const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(["pg_catalog", "sys"]);

/** One statement of SQL. */
export class Statement {
  readonly #tokens: readonly SqlToken[];
  readonly #isTable: (name: string) => boolean;
  readonly #subqueries: ReadonlySet<string>;
  readonly #provider: string;
  readonly #tables = new Set<string>();
  readonly #targets = new Set<string>();
  #hasOtherTargets = false;
  #isUnclear = false;

  constructor(tokens: readonly SqlToken[], isTable: (name: string) => boolean, provider: string) {
    this.#tokens = tokens;
    this.#provider = provider;
    this.#isTable = isTable;
    this.#subqueries = commonTableNames(tokens);
  }

  /** The tables that `judge` met where tables stand. */
  get tables(): ReadonlySet<string> {
    return this.#tables;
  }

  /**
   * The tables that a statement of which `judge` said that it writes writes to; `null` where any that it names may be one
   * of them.
   */
  get targets(): ReadonlySet<string> | null {
    return this.#hasOtherTargets ? null : this.#targets;
  }

  judge(): Verdict {
    const tokens = this.#tokens;
    const first = tokens.find((token) => !isMark(token, "("));
    if (!first) return "reads-only";
    if (first.kind !== "word") return "unclear";
    const isBlock = first.text === "do";
    if (!isBlock && !HARMLESS_VERBS.has(first.text) && !WRITING_VERBS.has(first.text)) return "unclear";

    let writes = isBlock;
    this.#hasOtherTargets = isBlock;
    const enclosing: (string | null)[] = [];
    for (let i = 0; i < tokens.length; i++) {
      if (this.#isMark(i, "(")) enclosing.push(this.#word(i - 1));
      else if (this.#isMark(i, ")")) enclosing.pop();
      if (this.#isMark(i + 1, "(") && this.#callsWriter(i)) return "unclear";
      const word = this.#isMark(i - 1, ".") ? null : this.#word(i);
      if (word === null) continue;
      if (UNCLEAR_WORDS.has(word) || (isBlock && UNCLEAR_WORDS_IN_BLOCK.has(word))) return "unclear";
      if (this.#isVerb(i)) {
        writes = true;
        if (!this.#hasOneTarget(word)) this.#hasOtherTargets = true;
        // All tables that refer to these are emptied too, whatever their foreign keys say of deletes.
        if (word === "truncate" && this.#hasWord("cascade")) this.#isUnclear = true;
        if (!this.#isBranchOfMerge(i)) this.#readTables(i + 1, word, this.#targets);
      } else if (BEFORE_TABLES.has(word)) {
        // `SELECT … INTO` makes a table, or writes a file.
        if (word === "into") {
          writes = true;
          if (!this.#isAfterVerb(i)) this.#hasOtherTargets = true;
        }
        const isWithin = FROM_WITHIN.has(enclosing.at(-1) ?? "") || this.#word(i - 1) === "distinct";
        if (word !== "from" || !isWithin) this.#readTables(i + 1, word);
      }
    }
    if (!writes) return "reads-only";
    return this.#isUnclear ? "unclear" : "writes";
  }

  /** `update`, `delete` and so on as verbs: not in `FOR UPDATE`, `ON DELETE`, `replace(…)`. */
  #isVerb(i: number): boolean {
    const word = this.#word(i);
    if (word === null || !WRITING_VERBS.has(word) || this.#isMark(i + 1, "(")) return false;
    const before = this.#word(i - 1);
    if (word === "update") return before !== "for" && before !== "key" && before !== "do" && before !== "on";
    return word !== "delete" || before !== "on";
  }

  /** Whether what follows the verb is all that it writes to. MySQL and SQL Server may write to the tables of a join, too. */
  #hasOneTarget(verb: string): boolean {
    if (this.#provider === "mysql") return verb === "insert" || verb === "replace" || verb === "truncate";
    return ONE_TARGET.has(this.#provider);
  }

  /** "INSERT INTO", "INSERT IGNORE INTO", "INSERT OR FAIL INTO", "MERGE INTO". */
  #isAfterVerb(i: number): boolean {
    for (let at = i - 1; at >= 0 && at >= i - 3; at--) {
      const word = this.#word(at);
      if (word === null) return false;
      if (word === "insert" || word === "merge" || word === "replace" || word === "upsert") return true;
    }
    return false;
  }

  /** "WHEN MATCHED THEN UPDATE SET …": its table is that of the MERGE. */
  #isBranchOfMerge(i: number): boolean {
    return (
      this.#word(i - 1) === "then" && this.#tokens.some((token) => token.kind === "word" && token.text === "merge")
    );
  }

  /** Whether the name at `i`, which stands before "(", may call something that writes. */
  #callsWriter(i: number): boolean {
    const name = this.#name(i);
    if (name === null) return false;
    // The columns of an alias: "FROM unnest(…) t (a)", "AS t (a)".
    const before = this.#word(i - 1);
    if (this.#isMark(i - 1, ")") || before === "as" || before === "pragma") return false;
    if (this.#subqueries.has(name) || this.#isInsertTarget(i)) return false;
    const isForeign = this.#isMark(i - 1, ".") && !SYSTEM_SCHEMAS.has(this.#word(i - 2) ?? "");
    return isForeign || this.#tokens[i]?.kind === "quoted" || mayWrite(name);
  }

  /** Whether the name at `i` is the table of an INSERT: what follows are its columns. */
  #isInsertTarget(i: number): boolean {
    let start = i;
    while (this.#isMark(start - 1, ".")) start -= 2;
    const before = this.#word(start - 1);
    return before === "into" || before === "insert" || before === "replace" || before === "ignore";
  }

  /** The statement is unclear if one of the tables in the list that begins at `start` is not known. */
  #readTables(start: number, keyword: string, names?: Set<string>): void {
    let i = start;
    for (;;) {
      while (BEFORE_TABLE_NAME.has(this.#word(i) ?? "")) i++;
      // "INSERT OR IGNORE INTO", "UPDATE OR FAIL".
      if (this.#word(i) === "or") {
        i += 2;
        continue;
      }
      if (this.#isMark(i, "(")) {
        // The columns of USING, or a subquery: the tables in it are read on their own.
        if (keyword === "using") return;
        while (this.#isMark(i, "(")) i++;
        if (BEGIN_SUBQUERY.has(this.#word(i) ?? "")) return;
        continue;
      }
      const name = this.#name(i);
      if (name === null) {
        this.#isUnclear = true;
        return;
      }
      while (this.#isMark(i + 1, ".") && this.#name(i + 2) !== null) i += 2;
      const isInsert = keyword === "into" || WRITING_VERBS.has(keyword);
      // "FROM f(…)" is a call, which is looked at elsewhere.
      if (this.#isMark(i + 1, "(") && !isInsert) return;
      if (this.#isTable(this.#name(i) ?? name)) {
        this.#tables.add(this.#name(i) ?? name);
        names?.add(this.#name(i) ?? name);
      }
      if (!this.#isKnown(this.#name(i) ?? name) && !(keyword === "delete" && this.#hasWord("from"))) {
        // But for "DELETE alias FROM …", whose tables stand behind.
        this.#isUnclear = true;
      }
      i++;
      if (this.#word(i) === "as") i++;
      const alias = this.#tokens[i];
      if (alias?.kind === "quoted" || (alias?.kind === "word" && !AFTER_TABLE.has(alias.text))) i++;
      if (!this.#isMark(i, ",")) return;
      i++;
    }
  }

  #isKnown(name: string): boolean {
    return this.#isTable(name) || this.#subqueries.has(name);
  }

  #hasWord(text: string): boolean {
    return this.#tokens.some((token) => token.kind === "word" && token.text === text);
  }

  #name(i: number): string | null {
    const token = this.#tokens[i];
    return token?.kind === "word" || token?.kind === "quoted" ? token.text : null;
  }

  #word(i: number): string | null {
    const token = this.#tokens[i];
    return token?.kind === "word" ? token.text : null;
  }

  #isMark(i: number, text: string): boolean {
    return isMark(this.#tokens[i], text);
  }
}

/** `WITH a AS (…), b (x, y) AS MATERIALIZED (…)`. */
function commonTableNames(tokens: readonly SqlToken[]): ReadonlySet<string> {
  const names = new Set<string>();
  const isWord = (i: number, text: string) => tokens[i]?.kind === "word" && tokens[i].text === text;
  if (!tokens.some((_, i) => isWord(i, "with"))) return names;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== "word" && token?.kind !== "quoted") continue;
    let at = i + 1;
    if (isMark(tokens[at], "(")) {
      while (at < tokens.length && !isMark(tokens[at], ")")) at++;
      at++;
    }
    if (!isWord(at, "as")) continue;
    at++;
    if (isWord(at, "not")) at++;
    if (isWord(at, "materialized")) at++;
    if (isMark(tokens[at], "(")) names.add(token.text);
  }
  return names;
}
