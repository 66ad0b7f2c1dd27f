import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'fast-string-width';

const GAP = 2;
/** A column is not cut below this. */
const MIN_WIDTH = 12;

/**
 * Lines up cells in columns, for a terminal. Cells may hold colours. Where the lines are wider than the terminal, the
 * widest column is cut.
 * @param rows cells, from left to right; a missing cell is empty
 * @param width of the terminal in columns; unset: nothing is cut
 * @returns one line each, without spaces at the end
 */
export function alignColumns(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(0, ...rows.map((row) => stringWidth(row[at] ?? ''))),
  );
  const total = () => widths.reduce((sum, one) => sum + one, 0) + GAP * (count - 1);
  const widest = widths.indexOf(Math.max(...widths));
  const excess = total() - width;
  if (excess > 0) widths[widest] = Math.max(Math.min(MIN_WIDTH, widths[widest] ?? 0), (widths[widest] ?? 0) - excess);
  return rows.map((row) =>
    row
      .map((cell, at) => padTo(cell, widths[at] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

function padTo(cell: string, width: number): string {
  const excess = stringWidth(cell) - width;
  if (excess <= 0) return cell + ' '.repeat(-excess);
  // Colours would be cut in the middle: a cell that is too long goes without.
  let plain = stripVTControlCharacters(cell);
  while (stringWidth(plain) > width - 1) plain = [...plain].slice(0, -1).join('');
  return `${plain}…${' '.repeat(Math.max(0, width - stringWidth(plain) - 1))}`;
}
