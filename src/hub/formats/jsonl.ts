import { isObject } from '../../schema/json-schema.js';
import type { Describe } from './description.js';
import { countRecords, describeRows, headLines } from './records.js';

/** Describes JSON Lines: one record on each line. */
export const describeJsonLines: Describe = async (file) => {
  const head = headLines(file);
  const lines = head.text.split('\n').filter((line) => line.trim() !== '');
  const records = lines.flatMap((line) => parseRecord(line));
  const names = [...new Set(records.slice(0, 100).flatMap((record) => Object.keys(record)))];
  const columns = names.map((name) => ({ name, type: typesOf(records.map((record) => record[name])) }));
  const rows = records.map((record) => names.map((name) => record[name]));
  return describeRows('JSON Lines', columns, rows, countRecords(lines.length, head, file.size));
};

/** A line that is no object counts as one with a single value; a broken one is left out. */
function parseRecord(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line);
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
