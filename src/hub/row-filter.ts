import { nearest } from '../schema/nearest.js';
import { cleanLine } from '../text/sanitize.js';
import type { DatasetColumn } from './features.js';

/** Words of the filter language that are no columns. */
const KEYWORDS = new Set(
  'and or not is null like ilike in between true false asc desc nulls first last lower upper length cast as'.split(' '),
);
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
        .replace(/\s+(?:asc|desc)$/i, '')
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
  const text = [filter.where, filter.orderBy].filter(Boolean).join(' ');
  const tokens =
    text.match(/'(?:[^']|'')*'?|"(?:[^"]|"")*"?|[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d+)?|[<>=!&|]+|[^\s]/gu) ?? [];
  const found = columns.length > 0 ? tokens.flatMap((_, index) => explainToken(tokens, index, columns)) : [];
  const problems = [...new Set([...explainText(text), ...found])].slice(0, 4);
  return [...problems, `${RULES} Example: where=${exampleFilter(columns)}.`].join(' ');
}

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
