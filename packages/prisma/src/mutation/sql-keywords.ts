const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Statements that change no row by themselves. Functions and verbs further on in them are looked at all the same. */
export const HARMLESS_VERBS = words(`
  abort analyze begin checkpoint close commit declare desc describe discard end explain fetch kill listen lock notify
  optimize pragma release reset rollback savepoint select set show start table unlisten unlock use vacuum values waitfor with
`);

export const WRITING_VERBS = words("delete insert merge replace truncate update upsert");

/** Anywhere in a statement: what they do cannot be read off it. */
export const UNCLEAR_WORDS = words("alter call create drop exec execute perform");

/** The same in a block of code, where they may begin a statement. */
export const UNCLEAR_WORDS_IN_BLOCK = words("copy import language load prepare refresh rename");

/** A table follows, or a list of them. */
export const BEFORE_TABLES = words("apply from into join straight_join table using");

/** May stand between such a word, or a verb, and the table. */
export const BEFORE_TABLE_NAME = words("delayed from high_priority ignore into lateral low_priority only quick table");

/** What may follow a table and is no alias of it. */
export const AFTER_TABLE = words(`
  as cascade continue cross default do except fetch for force from full group having ignore inner intersect join left limit
  natural offset on order outer output overriding partition restart restrict returning right select set straight_join
  tablesample union use using values when where window with
`);

/** Their arguments have a FROM of their own. */
export const FROM_WITHIN = words("extract overlay position substr substring trim");
