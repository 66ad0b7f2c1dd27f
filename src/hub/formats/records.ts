import { formatCount, plural } from '../../text/format.js';
import { cleanLine } from '../../text/sanitize.js';
import { renderTable } from '../../text/table.js';
import type { RemoteFile } from '../remote-file.js';
import type { Description } from './description.js';
import { showValue } from './description.js';

export interface Column {
  name: string;
  type?: string;
}

const MOST_COLUMNS = 30;
const MOST_ROWS = 3;

/**
 * Describes rows of which only the first were read.
 * @param format what the file is, for people
 * @param columns all of them
 * @param rows the first rows, a value for each column
 * @param count how many there are, in words
 */
export function describeRows(
  format: string,
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
  count: string,
): Description {
  const shown = columns.slice(0, MOST_COLUMNS);
  const more = columns.length > shown.length ? ` and ${columns.length - shown.length} more` : '';
  const named = shown.map(({ name, type }) => `${cleanLine(name, 60)}${type ? ` ${cleanLine(type, 40)}` : ''}`);
  const sample = rows.slice(0, MOST_ROWS);
  const table =
    sample.length > 0 &&
    renderTable(
      shown.map(({ name }, index) => [
        cleanLine(name, 60),
        (row: readonly unknown[]) => cleanLine(showValue(row[index]), 60),
      ]),
      sample,
    );
  return {
    facts: [`${format}, ${count}, ${plural(columns.length, 'column')}`],
    inside: [`columns: ${named.join(', ')}${more}`, table && `first ${plural(sample.length, 'row')}:`, table]
      .filter(Boolean)
      .join('\n'),
  };
}

/**
 * What kind of values a column of text holds; "text" when they differ.
 * @param values as written in the file
 */
export function guessType(values: readonly string[]): string {
  const filled = values.filter((value) => value.trim() !== '');
  if (filled.length === 0) return 'empty';
  if (filled.every((value) => /^[+-]?\d{1,18}$/.test(value.trim()))) return 'integer';
  if (filled.every((value) => value.trim() !== '' && Number.isFinite(Number(value)))) return 'number';
  if (filled.every((value) => /^(?:true|false)$/i.test(value.trim()))) return 'boolean';
  if (filled.every((value) => /^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(value.trim())))
    return 'date';
  return 'text';
}

/** The head of a text file up to the end of its last whole line. */
export interface HeadLines {
  text: string;
  bytes: number;
  /** True when the whole file is in it. */
  complete: boolean;
}

/**
 * The whole lines among the bytes that are there already.
 * @param file a text file
 */
export function headLines({ head, size }: RemoteFile): HeadLines {
  const complete = head.length >= size;
  const end = complete ? head.length : head.lastIndexOf(0x0a) + 1 || head.length;
  return { text: new TextDecoder().decode(head.subarray(0, end)), bytes: end, complete };
}

/**
 * How many records a file has: counted when all of it was read, else estimated from the size of the first ones.
 * @param found records in the head
 * @param head what was read
 * @param size bytes of the file
 */
export function countRecords(found: number, head: HeadLines, size: number): string {
  if (head.complete) return plural(found, 'row');
  return `about ${formatCount(Math.round((found * size) / Math.max(1, head.bytes)))} rows`;
}
