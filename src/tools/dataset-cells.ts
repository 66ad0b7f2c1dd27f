import type { DatasetColumn } from '../hub/features.js';
import { isObject } from '../schema/json-schema.js';
import { cleanText, cutText } from '../text/sanitize.js';

/** One cell, ready to show. */
export interface Cell {
  text: string;
  /** A URL is of no use when it is cut. */
  whole: boolean;
}

/** No cell is worth more than this, however few there are. */
const MAX_CELL = 6000;
/** A cell cut shorter than this tells nothing. */
const MIN_CELL = 40;

/**
 * A value of a dataset on one line, safe to show: line breaks and tabs are written as `\n` and `\t`.
 * @param value any JSON value, as the viewer gives it
 * @param column tells the names of class labels
 */
export function showCell(value: unknown, column: DatasetColumn): Cell {
  const media = showMedia(value);
  if (media) return { text: clean(media), whole: true };
  if (typeof value === 'string') return { text: clean(value), whole: false };
  const label = typeof value === 'number' ? column.labels?.[value] : undefined;
  // Some datasets name their classes by their numbers.
  const named = label !== undefined && label !== String(value);
  return { text: named ? `${value} ${label}` : clean(JSON.stringify(value) ?? ''), whole: false };
}

/** `image 28×28 https://…`: the viewer gives media as an object with a signed URL, audio as a list of them. */
function showMedia(value: unknown): string | undefined {
  const media = Array.isArray(value) ? value[0] : value;
  if (!isObject(media) || typeof media.src !== 'string' || !/^https?:\/\//.test(media.src)) return undefined;
  const type = typeof media.type === 'string' ? `${media.type} ` : '';
  const size =
    typeof media.width === 'number' && typeof media.height === 'number' ? `${media.width}×${media.height} ` : '';
  return `${type}${size}${media.src.replace(/\s/g, '%20')}`;
}

function clean(text: string): string {
  return cleanText(text, MAX_CELL * 2)
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t');
}

/**
 * Cuts long cells so that all together fit; short ones keep what they have.
 * @param rows of cells
 * @param budget characters for all of them
 * @returns the same rows as texts, and how many cells were cut
 */
export function fitCells(rows: readonly (readonly Cell[])[], budget: number): { rows: string[][]; cut: number } {
  const lengths = rows.flat().flatMap(({ text, whole }) => (whole ? [] : [text.length]));
  const limit = fairLimit(lengths, budget);
  let cut = 0;
  const fitted = rows.map((row) =>
    row.map(({ text, whole }) => {
      if (whole || text.length <= limit) return text;
      cut += 1;
      return cutText(text, limit);
    }),
  );
  return { rows: fitted, cut };
}

/** The greatest length that, as a limit for each, keeps the sum within the budget. */
function fairLimit(lengths: readonly number[], budget: number): number {
  const sorted = lengths.toSorted((a, b) => a - b);
  let left = budget;
  for (const [index, length] of sorted.entries()) {
    const share = left / (sorted.length - index);
    if (length > share) return Math.min(MAX_CELL, Math.max(MIN_CELL, Math.floor(share)));
    left -= length;
  }
  return MAX_CELL;
}
