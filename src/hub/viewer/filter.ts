import { nearest } from '../../lib/nearest.js';
import { cleanLine } from '../../lib/text.js';
import type { DatasetColumn } from './datasets.js';

// The viewer filters with DuckDB: columns in double quotes, text in single ones. People and models write `age > 40`.

interface Token {
  text: string;
  start: number;
  end: number;
}

const TOKEN =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`[^`]*`?|[\p{L}_][\p{L}\p{M}\p{N}_]*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[<>=!&|]+|::|\S/gu;
const WORD = /^[\p{L}_]/u;
const COMPARISON = /^(?:[<>=!]+|like|ilike|between|is|in|similar|glob)$/;

/** Words that may stand where a value is due and are no names: what follows them is a value again. */
const OPENERS = new Set('and or not case when then else distinct from exists any all some'.split(' '));
/** Words that are values themselves, or begin one. */
const VALUES = new Set('null true false end cast interval date time timestamp select'.split(' '));
/** Words of the filter language that are no columns. */
const KEYWORDS = new Set([
  ...OPENERS,
  ...VALUES,
  ...'is like ilike in between similar glob to asc desc nulls first last lower upper length as escape'.split(' '),
]);

/** Characters of a filter; it travels in an address, and servers take no longer ones. */
const MAX_FILTER = 4000;

const tokenize = (text: string): Token[] =>
  [...text.matchAll(TOKEN)].map(({ 0: found, index }) => ({ text: found, start: index, end: index + found.length }));

const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * Whether a condition has anything in it that the names of the columns could mend; one in the viewer's own form has not.
 * @param where as it was written
 */
export function mayNeedQuotes(where: string): boolean {
  const tokens = tokenize(where).map(({ text }) => text.toLowerCase());
  return tokens.some((token, index) => {
    const before = tokens[index - 1] ?? '';
    if (token === '==' || token.startsWith('`')) return true;
    if (token.startsWith('"')) {
      return COMPARISON.test(before) || before === ',' || (before === '(' && tokens[index - 2] === 'in');
    }
    // A word of the language is a name where something is compared with it.
    const mayBeName = token !== 'not' && !LITERALS.test(token) && COMPARISON.test(tokens[index + 1] ?? '');
    const isName = !OWN_WORDS.test(token) || mayBeName;
    return WORD.test(token) && isName;
  });
}

const OWN_WORDS = /^(?:and|or|not|is|null|like|ilike|in|between|true|false)$/;
/** They are values wherever they stand; a column of the name needs its quotes. */
const LITERALS = /^(?:null|true|false)$/;

/**
 * Puts a condition into the viewer's form as far as the columns tell what is meant: names of columns get their double
 * quotes, also those with blanks and those that are keywords; text in double quotes gets single ones; `==` becomes `=`.
 * What is in that form already stays as it is, and so does what could mean something else.
 * @param where as it was written
 * @param columns of the split
 */
export function quoteColumns(where: string, columns: readonly DatasetColumn[]): string {
  // Comments are refused anyway; within dollar quotes anything may stand.
  if (columns.length === 0 || where.length > MAX_FILTER || /--|\/\*|\$\w*\$/.test(where)) return where;
  const names = new ColumnNames(columns);
  const tokens = tokenize(where);
  const parts: string[] = [];
  let copied = 0;
  const replace = (start: number, end: number, by: string) => {
    parts.push(where.slice(copied, start), by);
    copied = end;
  };
  /** Whether a value is due here, rather than an operator. */
  let due = true;
  /** Of each open bracket: a list of values, the arguments of a function, or a part of the condition. */
  const brackets: ('list' | 'arguments' | 'condition')[] = [];
  let between: 'no' | 'first' | 'second' = 'no';

  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as Token;
    const { text } = token;
    const word = text.toLowerCase();
    const before = tokens[index - 1]?.text.toLowerCase() ?? '';
    const after = tokens[index + 1]?.text.toLowerCase() ?? '';
    const then = tokens[index + 2]?.text.toLowerCase() ?? '';
    // Where a word is compared itself, as in `not between > 3`, it compares nothing.
    const isCompared = COMPARISON.test(after)
      ? !WORD.test(after) || !(COMPARISON.test(then) || then === '::')
      : after === 'not' && COMPARISON.test(then);
    // A field of a structure, or a type.
    const isOther = before === '.' || before === '::' || before === 'as';

    if (text.startsWith('"') || text.startsWith('`')) {
      const name = text.slice(1, -1).replaceAll('""', '"');
      const known = names.find(name);
      const isValue =
        (COMPARISON.test(before) && before !== 'is') ||
        before === 'from' ||
        (before === 'and' && between === 'second') ||
        (before === '(' && brackets.at(-1) === 'list') ||
        (before === ',' && brackets.length > 0 && brackets.at(-1) !== 'condition');
      if (isOther || text.length < 2 || !text.endsWith(text[0] as string)) {
        // As it is.
      } else if (known !== undefined) {
        if (text.startsWith('`')) replace(token.start, token.end, quoteName(known));
      } else if (text.startsWith('"') && isValue && !isCompared && after !== '.' && after !== '[') {
        replace(token.start, token.end, quoteText(name));
      }
      due = false;
    } else if (text.startsWith("'")) {
      due = false;
    } else if (WORD.test(text) || /^\d/.test(text)) {
      const found = due && !isOther ? names.at(where, token) : undefined;
      if (found && found.end > token.end) {
        replace(token.start, found.end, quoteName(found.name));
        while ((tokens[index + 1]?.start ?? Number.POSITIVE_INFINITY) < found.end) index += 1;
        due = false;
      } else if (found && isColumn(word, { before, after, isCompared })) {
        replace(token.start, token.end, quoteName(found.name));
        due = false;
      } else if (word === 'between') {
        between = 'first';
        due = true;
      } else if (word === 'and') {
        between = between === 'first' ? 'second' : 'no';
        due = true;
      } else {
        // Where an operator is due, a word is one; where a value is due, it is a value unless it opens one.
        due = due && !isOther ? OPENERS.has(word) : WORD.test(text) && !isOther && word !== 'end';
      }
    } else {
      if (text === '==') replace(token.start, token.end, '=');
      if (text === '(') {
        brackets.push(before === 'in' ? 'list' : WORD.test(before) && !due ? 'arguments' : 'condition');
      }
      if (text === ')') brackets.pop();
      due = text !== ')' && text !== ']';
    }
  }
  return parts.join('') + where.slice(copied);
}

/** Whether a word that names a column is meant as one, where a value is due. */
function isColumn(
  word: string,
  { before, after, isCompared }: { before: string; after: string; isCompared: boolean },
): boolean {
  if (LITERALS.test(word)) return false;
  if (KEYWORDS.has(word)) return isCompared && after !== '(' && !COMPARISON.test(before);
  // A function, or a literal such as E'…'.
  return after !== '(' && !after.startsWith("'");
}

/** The names of the columns, and where in a condition one stands. */
class ColumnNames {
  readonly #byName = new Map<string, string>();
  /** By the first word, the longest first. */
  readonly #byWord = new Map<string, { name: string; folded: string; isExpression: boolean }[]>();

  constructor(columns: readonly DatasetColumn[]) {
    for (const { name } of columns) {
      // DuckDB minds no case, so the first of two that differ in it is the one.
      if (!this.#byName.has(name.toLowerCase())) this.#byName.set(name.toLowerCase(), name);
    }
    for (const [folded, name] of this.#byName) {
      const tokens = tokenize(folded);
      const [first] = tokens;
      if (!first || first.start > 0) continue;
      const known = this.#byWord.get(first.text) ?? [];
      known.push({ name, folded, isExpression: tokens.length > 1 && this.#isExpression(tokens) });
      this.#byWord.set(first.text, known);
    }
    for (const known of this.#byWord.values()) known.sort((a, b) => b.folded.length - a.folded.length);
  }

  /** The column's own spelling. */
  find(name: string): string | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The longest name that begins at a token and ends at the end of one. */
  at(text: string, { text: word, start, end: own }: Token): { name: string; end: number } | undefined {
    for (const { name, folded, isExpression } of this.#byWord.get(word.toLowerCase()) ?? []) {
      const end = start + folded.length;
      if (isExpression || text.slice(start, end).toLowerCase() !== folded) continue;
      if (end === own ? WORD.test(word) : !/^[\p{L}\p{M}\p{N}_]/u.test(text.slice(end, end + 2))) return { name, end };
    }
    return undefined;
  }

  /** A name such as `a-b` or `not spam` that would mean something else to the viewer, made of other columns. */
  #isExpression(tokens: readonly Token[]): boolean {
    const isWord = ({ text }: Token) => WORD.test(text) || /^\d/.test(text);
    return (
      tokens.some((token) => !isWord(token) || KEYWORDS.has(token.text)) &&
      tokens.every(
        ({ text }, index) =>
          !WORD.test(text) || KEYWORDS.has(text) || this.#byName.has(text) || tokens[index - 1]?.text === '.',
      )
    );
  }
}

const NUMBERS = /^(?:u?int|float|decimal|label)/;

/**
 * Puts `order_by` into the viewer's form: `score desc` and `-score` become `"score" DESC`.
 * @param text one column or several, separated by commas
 */
export function readOrder(text: string): string {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const descending = /\sdesc$/i.test(part) || part.startsWith('-');
      const name = part
        .replace(/^[-+]/, '')
        .replace(/(?<!\s)\s+(?:asc|desc)$/i, '')
        .trim();
      const quoted = /^".*"$/s.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
      return descending ? `${quoted} DESC` : quoted;
    })
    .join(', ');
}

/**
 * Says what is probably wrong with a filter that the viewer refused, and how a right one looks.
 * @param filter what was sent
 * @param columns of the split; none when they are not known
 */
export function explainFilter(filter: { where?: string; orderBy?: string }, columns: readonly DatasetColumn[]): string {
  const text = [filter.where, filter.orderBy].filter(Boolean).join(' ').slice(0, MAX_FILTER);
  const tokens = tokenize(text).map((token) => token.text);
  const problems = new Set(explainText(text));
  for (
    let index = 0;
    index < Math.min(tokens.length, 200) && columns.length > 0 && problems.size < MAX_PROBLEMS;
    index += 1
  ) {
    for (const problem of explainToken(tokens, index, columns)) problems.add(problem);
  }
  return [...problems, `${RULES} Example: where=${exampleFilter(columns)}.`].join(' ');
}

const MAX_PROBLEMS = 4;

const RULES =
  'Columns go in double quotes, text in single quotes (a quote inside is doubled), with = <> > >= < <=, AND, OR, NOT and brackets.';

function explainText(text: string): string[] {
  const problems: string[] = [];
  if (text.includes('==')) problems.push('Write = instead of ==.');
  if (/&&|\|\|/.test(text)) problems.push('Write AND and OR instead of && and ||.');
  if (/;|--/.test(text)) problems.push('";" and "--" are not allowed.');
  if ((text.match(/'/g)?.length ?? 0) % 2 === 1) problems.push("A single quote is open; inside text write ''.");
  if ((text.match(/"/g)?.length ?? 0) % 2 === 1) problems.push('A double quote is open.');
  return problems;
}

function explainToken(tokens: readonly string[], index: number, columns: readonly DatasetColumn[]): string[] {
  const token = tokens[index] ?? '';
  const names = columns.map(({ name }) => name);
  const afterOperator = /^[<>=!]+$/.test(tokens[index - 1] ?? '');
  const quoted = /^"(.*)"$/s.exec(token)?.[1];
  if (quoted !== undefined && !names.includes(quoted)) {
    return [afterOperator ? `Write text in single quotes: '${cleanLine(quoted, 60)}'.` : unknownColumn(quoted, names)];
  }
  if (/^'/.test(token)) return explainLabel(tokens, index, columns);
  if (!/^[\p{L}_]/u.test(token) || KEYWORDS.has(token.toLowerCase()) || names.includes(token)) return [];
  // A bare word is a column, save before a bracket, where it is a function.
  if (tokens[index + 1] === '(') return [];
  return [afterOperator ? `Write text in single quotes: '${cleanLine(token, 60)}'.` : unknownColumn(token, names)];
}

/** Text compared with a class label, which holds numbers. */
function explainLabel(tokens: readonly string[], index: number, columns: readonly DatasetColumn[]): string[] {
  const name = (tokens[index - 2] ?? '').replace(/^"|"$/g, '');
  const column = columns.find((candidate) => candidate.name === name);
  const value = (tokens[index] ?? '').slice(1, -1);
  if (!column?.labels) return [];
  const number = column.labels.findIndex((label) => label.toLowerCase() === value.toLowerCase());
  const meant = number === -1 ? column.type : `"${column.name}"=${number} is ${column.labels[number]}`;
  return [`"${cleanLine(name, 60)}" holds numbers (${cleanLine(meant, 160)}).`];
}

function unknownColumn(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  const shown = names.slice(0, 20).map((known) => cleanLine(known, 60));
  return `There is no column "${cleanLine(name, 60)}"${meant ? `; did you mean "${cleanLine(meant, 60)}"?` : `; there are ${shown.join(', ')}.`}`;
}

function exampleFilter(columns: readonly DatasetColumn[]): string {
  const number = columns.find(({ type }) => NUMBERS.test(type));
  const text = columns.find(({ type }) => type === 'string');
  const parts = [number && `"${cleanLine(number.name, 60)}">0`, text && `"${cleanLine(text.name, 60)}"='some text'`];
  return parts.filter(Boolean).join(' AND ') || `"age">30 AND "name"='O''Hara'`;
}
