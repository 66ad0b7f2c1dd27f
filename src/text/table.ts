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
      .replace(/(?: \| -)+$/, ''),
  );
  return lines.join('\n');
}
