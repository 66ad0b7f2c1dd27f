const COUNT_UNITS = ['', 'K', 'M', 'B', 'T'];
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/**
 * A number as a person reads it: 950, 1.2K, 34M.
 * @param value any finite number
 */
export function formatCount(value: number): string {
  return scale(value, 1000, COUNT_UNITS, '');
}

/**
 * A size in decimal units, as the Hub shows it: 812 B, 1.2 MB.
 * @param bytes at least 0
 */
export function formatBytes(bytes: number): string {
  return scale(bytes, 1000, BYTE_UNITS, ' ');
}

/**
 * Reads a size as a person writes it: 500 MB, 2GB, 1.5 GB. A bare number is megabytes.
 * @param size text, or megabytes
 * @returns bytes; undefined for what is no size
 */
export function parseBytes(size: string | number): number | undefined {
  const [, number, unit = 'MB'] = /^(\d{1,9}(?:\.\d{1,3})?)\s?([kMGT]?B)?$/i.exec(String(size)) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * 1000 ** BYTE_UNITS.findIndex((one) => one.toLowerCase() === unit.toLowerCase());
}

function scale(value: number, base: number, units: readonly string[], gap: string): string {
  let rest = Math.abs(value);
  let unit = 0;
  // 999.5 would be printed as "1000".
  while (rest >= base - 0.5 && unit < units.length - 1) {
    rest /= base;
    unit += 1;
  }
  const digits =
    unit === 0
      ? String(Math.round(rest * 100) / 100)
      : rest < 9.95
        ? rest.toFixed(1).replace(/\.0$/, '')
        : rest.toFixed(0);
  return `${value < 0 ? '-' : ''}${digits}${gap}${units[unit]}`.trim();
}

/**
 * The day of a date, 2026-10-23, or "" when it is no date.
 * @param date ISO 8601 text, or a Date
 */
export function formatDay(date: string | Date | undefined | null): string {
  if (date === undefined || date === null) return '';
  const parsed = new Date(date);
  return Number.isNaN(parsed.getTime()) ? '' : parsed.toISOString().slice(0, 10);
}

/**
 * A duration as a person says it: 40 s, 3 min, 2 h 5 min, 4 days.
 * @param seconds at least 0
 */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  if (minutes < 2 * 24 * 60) return `${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ''}`;
  return `${Math.round(minutes / (24 * 60))} days`;
}

/**
 * `1 row`, `2 rows`.
 * @param count how many
 * @param one the word for one
 * @param many the word for several, `one` with an s unless told
 */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** One column: its heading and the text of its cells. */
export type TableColumn<Row> = readonly [heading: string, cell: (row: Row) => string];

/**
 * A table for a model to read: a heading line and a line for each row, cells parted by ` | `. Columns without any
 * content are left out, and so are empty cells at the end of a row.
 * @param columns in order
 * @param rows at least one
 */
export function renderTable<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row).replaceAll('|', '¦')));
  const used = columns.map((_, index) => cells.some((line) => line[index]));
  const pick = (line: readonly string[]) => line.filter((_, index) => used[index]).map((cell) => cell || '-');
  const lines = [columns.map(([heading]) => heading), ...cells].map((line) =>
    pick(line)
      .join(' | ')
      .replace(/(?<! \| -)(?: \| -)+$/, ''),
  );
  return lines.join('\n');
}
