import { HugwireError } from '../../../lib/errors.js';
import { formatBytes, plural } from '../../../lib/format.js';
import { isObject } from '../../../lib/json.js';
import { readJson } from '../../../lib/large-json.js';
import { cleanText } from '../../../lib/text.js';
import type { RemoteFile } from '../remote-file.js';
import { type Describe, type Description, showCell } from './description.js';

/** A larger file is not fetched for its outline. */
const MAX_BYTES = 4 * 1024 * 1024;
const MOST_KEYS = 15;
const DEPTH = 3;
/** Characters of the beginning, where there is no outline. */
const BEGIN = 1500;

/** Describes JSON by an outline of its keys, or by its first characters when it is too large or broken. */
export const describeJson: Describe = async (file) => {
  if (file.size > MAX_BYTES) return showBegin(file, `JSON, too large (over ${formatBytes(MAX_BYTES)}) for an outline`);
  const text = new TextDecoder().decode(await file.read(0, file.size));
  try {
    const value = await readJson(text, { what: file.path, deep: 'cut' });
    return { facts: ['JSON, in outline'], inside: cleanText(outline(value, 0)) };
  } catch (error) {
    if (error instanceof HugwireError) return showBegin(file, 'JSON of too many values for an outline');
    return showBegin(file, 'JSON that cannot be parsed');
  }
};

function showBegin({ head }: RemoteFile, fact: string): Description {
  const begin = new TextDecoder().decode(head.subarray(0, BEGIN * 4));
  return { facts: [`${fact}; its beginning:`], inside: cleanText(begin, BEGIN) };
}

/** `a: 1`, `b: {12 keys}` and below it its own lines, `c: [list of 291]` and below it the first item. */
function outline(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth);
  if (isObject(value)) {
    const entries = Object.entries(value);
    const shown = entries
      .slice(0, MOST_KEYS)
      .map(([key, inner]) => `${indent}${showCell(key)}: ${summary(inner, depth)}`);
    const rest = entries.length - shown.length;
    return [...shown, ...(rest > 0 ? [`${indent}… and ${plural(rest, 'more key')}`] : [])].join('\n');
  }
  if (Array.isArray(value) && value.length > 0) return `${indent}- ${summary(value[0], depth)}`;
  return `${indent}${showCell(value, 120)}`;
}

function summary(value: unknown, depth: number): string {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) {
      return value.length <= 8 ? showCell(value, 120) : `list of ${value.length}, first ${showCell(value.slice(0, 3))}`;
    }
    return `list of ${value.length}${depth < DEPTH ? `\n${outline(value, depth + 1)}` : ''}`;
  }
  if (isObject(value)) {
    const keys = Object.keys(value).length;
    return keys === 0 ? '{}' : `${plural(keys, 'key')}${depth < DEPTH ? `\n${outline(value, depth + 1)}` : ''}`;
  }
  return showCell(typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : value, 120);
}
