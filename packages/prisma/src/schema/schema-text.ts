/**
 * Reads the text of a Prisma schema into blocks of lines. The language is a language of lines: a field, an attribute
 * of a block and the head of a block each end where their line ends, so that splitting into lines of words is most
 * of a parser. The text was accepted by Prisma before it came here; what this reader does not understand it refuses.
 */

export type Token =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "mark"; readonly text: string };

/** `keyword name { lines }`. */
export interface Block {
  readonly keyword: string;
  readonly name: string;
  readonly lines: readonly (readonly Token[])[];
}

export type Expression =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Argument[] }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "object" };

export interface Argument {
  /** `null` for one that is given by its place. */
  readonly name: string | null;
  readonly value: Expression;
}

/** `@name(args)`. */
export interface Attribute {
  readonly name: string;
  readonly args: readonly Argument[];
}

export class SchemaSyntaxError extends Error {
  override readonly name = "SchemaSyntaxError";
}

// In this order: comments, strings, words (paths such as "db.VarChar" and numbers included), marks.
const TOKEN =
  /\/\/[^\r\n]*|\/\*[^]*?\*\/|"((?:\\.|[^"\\\r\n])*)"|([\p{L}\p{N}_](?:[\p{L}\p{N}_.-])*|-\d[\d.]*)|(\r\n|\r|\n)|(@@|[^\s])/gu;

/** @throws SchemaSyntaxError */
export function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { keyword: string; name: string; lines: Token[][] } | null = null;
  let line: Token[] = [];

  const endLine = () => {
    const first = line[0];
    if (open) {
      if (first?.kind === "mark" && first.text === "}") {
        blocks.push(open);
        open = null;
        line = line.slice(1);
      } else {
        if (line.length > 0) open.lines.push(line);
        line = [];
        return;
      }
    }
    if (line.length === 0) return;
    const [keyword, name, brace] = line;
    if (keyword?.kind !== "word" || name?.kind !== "word" || brace?.text !== "{" || brace.kind !== "mark") {
      throw new SchemaSyntaxError(`not the head of a block: ${spell(line)}`);
    }
    // Prisma ignores the rest of the line that opens a block.
    open = { keyword: keyword.text, name: name.text, lines: [] };
    line = [];
  };

  for (const match of text.matchAll(TOKEN)) {
    const [, string, word, newline, mark] = match;
    if (string !== undefined) line.push({ kind: "string", text: unescape(string) });
    else if (word !== undefined) line.push({ kind: "word", text: word });
    else if (mark !== undefined) line.push({ kind: "mark", text: mark });
    else if (newline !== undefined) endLine();
  }
  endLine();
  if (open) throw new SchemaSyntaxError("a block is not closed");
  return blocks;
}

/** The attributes among the tokens from `start` on: `@id @map("x")`. */
export function readAttributes(line: readonly Token[], start: number): Attribute[] {
  const cursor = { line, at: start };
  const attributes: Attribute[] = [];
  while (cursor.at < line.length) {
    if (!takeMark(cursor, "@") && !takeMark(cursor, "@@")) throw unexpected(cursor);
    const name = takeWord(cursor);
    attributes.push({ name, args: takeMark(cursor, "(") ? readArguments(cursor) : [] });
  }
  return attributes;
}

/** `key = value`, or null. */
export function readAssignment(line: readonly Token[]): { key: string; value: Expression } | null {
  if (line[0]?.kind !== "word" || line[1]?.text !== "=") return null;
  return { key: line[0].text, value: readExpression({ line, at: 2 }) };
}

/** The argument of that name, or the one without a name at that place. */
export function argument(attribute: Attribute, name: string, place?: number): Expression | undefined {
  const named = attribute.args.find((candidate) => candidate.name === name);
  if (named) return named.value;
  const placed = place === undefined ? undefined : attribute.args[place];
  return placed?.name === null ? placed.value : undefined;
}

export function stringOf(expression: Expression | undefined): string | undefined {
  return expression?.kind === "string" ? expression.text : undefined;
}

/** `[a, b(sort: Desc)]` as `["a", "b"]`; a single word counts as a list of one. */
export function namesOf(expression: Expression | undefined): string[] | undefined {
  if (expression === undefined) return undefined;
  const items = expression.kind === "list" ? expression.items : [expression];
  const names = items.map((item) => (item.kind === "word" ? item.text : item.kind === "call" ? item.name : undefined));
  return names.every((name) => name !== undefined) ? names : undefined;
}

interface Cursor {
  readonly line: readonly Token[];
  at: number;
}

/** What follows "(" up to and including its ")". */
function readArguments(cursor: Cursor): Argument[] {
  const args: Argument[] = [];
  while (!takeMark(cursor, ")")) {
    const next = cursor.line[cursor.at];
    const colon = cursor.line[cursor.at + 1];
    if (next?.kind === "word" && colon?.kind === "mark" && colon.text === ":") {
      cursor.at += 2;
      args.push({ name: next.text, value: readExpression(cursor) });
    } else {
      args.push({ name: null, value: readExpression(cursor) });
    }
    takeMark(cursor, ",");
  }
  return args;
}

function readExpression(cursor: Cursor): Expression {
  const token = cursor.line[cursor.at++];
  if (token?.kind === "string") return { kind: "string", text: token.text };
  if (token?.kind === "word") {
    return takeMark(cursor, "(")
      ? { kind: "call", name: token.text, args: readArguments(cursor) }
      : { kind: "word", text: token.text };
  }
  if (token?.text === "[") {
    const items: Expression[] = [];
    while (!takeMark(cursor, "]")) {
      items.push(readExpression(cursor));
      takeMark(cursor, ",");
    }
    return { kind: "list", items };
  }
  if (token?.text === "{") {
    while (!takeMark(cursor, "}")) {
      takeWord(cursor);
      if (!takeMark(cursor, ":")) throw unexpected(cursor);
      readExpression(cursor);
      takeMark(cursor, ",");
    }
    return { kind: "object" };
  }
  cursor.at--;
  throw unexpected(cursor);
}

function takeMark(cursor: Cursor, text: string): boolean {
  const token = cursor.line[cursor.at];
  if (token?.kind !== "mark" || token.text !== text) return false;
  cursor.at++;
  return true;
}

function takeWord(cursor: Cursor): string {
  const token = cursor.line[cursor.at];
  if (token?.kind !== "word") throw unexpected(cursor);
  cursor.at++;
  return token.text;
}

function unexpected(cursor: Cursor): SchemaSyntaxError {
  const token = cursor.line[cursor.at];
  return new SchemaSyntaxError(
    token
      ? `unexpected ${JSON.stringify(token.text)} in: ${spell(cursor.line)}`
      : `unexpected end of: ${spell(cursor.line)}`,
  );
}

function spell(line: readonly Token[]): string {
  return line.map((token) => (token.kind === "string" ? JSON.stringify(token.text) : token.text)).join(" ");
}

function unescape(literal: string): string {
  if (!literal.includes("\\")) return literal;
  try {
    return JSON.parse(`"${literal}"`) as string;
  } catch {
    return literal;
  }
}
