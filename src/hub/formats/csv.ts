import { cleanText } from '../../text/sanitize.js';
import type { Describe } from './description.js';
import { countRecords, describeRows, guessType, headLines } from './records.js';

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
  });
  const [names = [], ...rows] = records;
  const columns = names.map((name, index) => ({
    name: name || `column ${index + 1}`,
    type: guessType(rows.slice(0, SAMPLE).map((row) => row[index] ?? '')),
  }));
  const format = delimiter === '\t' ? 'TSV' : delimiter === ',' ? 'CSV' : `CSV (separated by "${delimiter}")`;
  return describeRows(format, columns, rows, countRecords(rows.length, head, file.size));
};

function guessDelimiter(line: string): string {
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counted.sort((a, b) => b.count - a.count)[0]?.delimiter ?? ',';
}
