import { formatCount, plural, renderTable } from '../../../lib/format.js';
import { isObject } from '../../../lib/json.js';
import { readShortJson } from '../../../lib/large-json.js';
import { cleanLine, cleanText } from '../../../lib/text.js';
import type { RemoteFile } from '../remote-file.js';
import { type Describe, type Description, showCell } from './description.js';

interface Column {
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
 * @param total columns, where only the first are given
 */
export function describeRows(
  format: string,
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
  count: string,
  total = columns.length,
): Description {
  const shown = columns.slice(0, MOST_COLUMNS);
  const more = total > shown.length ? ` and ${total - shown.length} more` : '';
  const named = shown.map(({ name, type }) => `${cleanLine(name, 60)}${type ? ` ${cleanLine(type, 40)}` : ''}`);
  const sample = rows.slice(0, MOST_ROWS);
  const table =
    sample.length > 0 &&
    renderTable(
      shown.map(({ name }, index) => [
        cleanLine(name, 60),
        (row: readonly unknown[]) => cleanLine(showCell(row[index]), 60),
      ]),
      sample,
    );
  return {
    facts: [`${format}, ${count}, ${plural(total, 'column')}`],
    inside: [`columns: ${named.join(', ')}${more}`, table && `first ${plural(sample.length, 'row')}:`, table]
      .filter(Boolean)
      .join('\n'),
  };
}

/**
 * What kind of values a column of text holds; "text" when they differ.
 * @param values as written in the file
 */
function guessType(values: readonly string[]): string {
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
interface HeadLines {
  text: string;
  bytes: number;
  /** True when the whole file is in it. */
  complete: boolean;
}

/**
 * The whole lines among the bytes that are there already.
 * @param file a text file
 */
function headLines({ head, size }: RemoteFile): HeadLines {
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
function countRecords(found: number, head: HeadLines, size: number): string {
  if (head.complete) return plural(found, 'row');
  return `about ${formatCount(Math.round((found * size) / Math.max(1, head.bytes)))} rows`;
}

const DELIMITERS = [',', '\t', ';', '|'];

/** Rows that a type is guessed from. */
const SAMPLE = 100;

/** Describes comma- or tab-separated values. The first line is taken for the names of the columns. */
export const describeCsv: Describe = async (file) => {
  const { parse } = await import('csv-parse/sync');
  const head = headLines(file);
  const text = cleanText(head.text);
  const delimiter = guessDelimiter(text.split('\n', 1)[0] ?? '');
  const records: string[][] = parse(text, {
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // A quoted field that the end of the head cuts off.
    skip_records_with_error: true,
    // Where records differ in length, the parser takes seconds for what is here.
    to: SAMPLE + 1,
  });
  const [names = [], ...rows] = records;
  const columns = names.slice(0, MOST_COLUMNS).map((name, index) => ({
    name: name || `column ${index + 1}`,
    type: guessType(rows.map((row) => row[index] ?? '')),
  }));
  const format = delimiter === '\t' ? 'TSV' : delimiter === ',' ? 'CSV' : `CSV (separated by "${delimiter}")`;
  return describeRows(format, columns, rows, countRecords(countLines(text) - 1, head, file.size), names.length);
};

/** Lines that are not empty; within quotation marks none ends. */
function countLines(text: string): number {
  const lines = text.replace(/"[^"]*"/g, '"').split(/\r?\n/);
  return lines.filter((line) => line !== '').length;
}

function guessDelimiter(line: string): string {
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counted.sort((a, b) => b.count - a.count)[0]?.delimiter ?? ',';
}

/** Describes JSON Lines: one record on each line. */
export const describeJsonLines: Describe = async (file) => {
  const head = headLines(file);
  const lines = head.text.split('\n').filter((line) => line.trim() !== '');
  const records = lines.slice(0, SAMPLE).flatMap((line) => parseRecord(line));
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const shown = names.slice(0, MOST_COLUMNS);
  const columns = shown.map((name) => ({ name, type: typesOf(records.map((record) => record[name])) }));
  const rows = records.slice(0, MOST_ROWS).map((record) => shown.map((name) => record[name]));
  return describeRows('JSON Lines', columns, rows, countRecords(lines.length, head, file.size), names.length);
};

/** A line that is no object counts as one with a single value; a broken one is left out. */
function parseRecord(line: string): Record<string, unknown>[] {
  try {
    const value = readShortJson(line, { what: 'The line', deep: 'cut' });
    return [isObject(value) ? value : { value }];
  } catch {
    return [];
  }
}

function typesOf(values: readonly unknown[]): string {
  const types = values.filter((value) => value !== null && value !== undefined).map(typeOf);
  return [...new Set(types)].slice(0, 3).join('|') || 'null';
}

const typeOf = (value: unknown) => (Array.isArray(value) ? 'list' : typeof value);
